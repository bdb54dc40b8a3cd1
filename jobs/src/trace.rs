//! Traces across processes, as W3C's `traceparent`: 00-<trace id>-<span id>-<flags>.

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of spans that are there for traces alone: a log that does not know it leaves them out, and then they cost a comparison.
pub const TRACES: &str = "traces";

/// The current span, where a program exports spans.
pub fn here() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let here = span.span_context();
    here.is_valid()
        .then(|| format!("00-{}-{}-{:02x}", here.trace_id(), here.span_id(), here.trace_flags().to_u8()))
}

/// The same, where its trace is one of those that are kept.
pub fn here_if_kept() -> Option<String> {
    here().filter(|it| it.ends_with("-01"))
}

/// What another process wrote; versions after 00 may say more behind it.
pub fn read(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let version = parts.next().filter(|it| it.len() == 2 && *it != "ff")?;
    let (trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?);
    if trace.len() != 32 || span.len() != 16 || flags.len() != 2 || version == "00" && parts.next().is_some()
    {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::NONE,
    );
    context.is_valid().then_some(context)
}

/// Says of a span what it comes from, and leaves it in a trace of its own.
pub fn link(span: &Span, traceparent: &str) {
    if let Some(from) = read(traceparent) {
        span.add_link(from);
    }
}

/// Makes a span part of the trace that it comes from.
pub fn join(span: &Span, traceparent: &str) {
    if let Some(from) = read(traceparent) {
        join_span(span, from);
    }
}

/// The same of a context that was read.
pub fn join_span(span: &Span, from: SpanContext) {
    // Refused only where the span has begun already.
    let _joined = span.set_parent(opentelemetry::Context::new().with_remote_span_context(from));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_traceparent_is_none() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let read_good = read(good).expect("W3C's example is read");
        assert_eq!(read_good.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert!(read_good.is_sampled() && read_good.is_remote());
        assert!(read("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later").is_some());
        for bad in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319z-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
