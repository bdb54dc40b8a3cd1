//! The bytes of a connection: frames of a length (u32), a kind (u8) and a call's number (u64), all little-endian, and a body.

use bytes::{Buf, Bytes, BytesMut};

/// A body is no longer than this.
pub(super) const BODY_MAX: usize = 1 << 20;

const HEAD: usize = 4 + 1 + 8;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Caller: the server's token, before anything else.
    Hello,
    /// Caller: [`Request`].
    Request,
    /// Caller: the call is not wanted any more.
    Cancel,
    /// Server: the reply's JSON.
    Reply,
    /// Server: why not, as text.
    Refused,
    /// Server: as text, why the request or the reply is none.
    Malformed,
    /// Server: not begun, there are too many.
    Overloaded,
    /// Server: not begun, it ends, or does not know the service. With number 0: it takes no more calls.
    Elsewhere,
    /// Server: the time that was left is over.
    Late,
}

const KINDS: [Kind; 9] = [
    Kind::Hello,
    Kind::Request,
    Kind::Cancel,
    Kind::Reply,
    Kind::Refused,
    Kind::Malformed,
    Kind::Overloaded,
    Kind::Elsewhere,
    Kind::Late,
];

/// A frame that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) call: u64,
    pub(super) body: Bytes,
}

/// Appends a frame.
pub(super) fn write(to: &mut Vec<u8>, kind: Kind, call: u64, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|it| it.len()).sum();
    to.reserve(HEAD + length);
    to.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    to.push(kind as u8);
    to.extend_from_slice(&call.to_le_bytes());
    parts.iter().for_each(|it| to.extend_from_slice(it));
}

/// Takes the first frame, if it is complete; what is no frame is an error, and the end of the connection.
pub(super) fn read(from: &mut BytesMut, body_max: usize) -> Result<Option<Frame>, &'static str> {
    let Some(mut head) = from.get(..HEAD) else { return Ok(None) };
    let length = head.get_u32_le() as usize;
    let kind = KINDS.get(usize::from(head.get_u8())).copied().ok_or("a frame of no known kind")?;
    let call = head.get_u64_le();
    if length > body_max {
        return Err("a frame that is too long");
    }
    if from.len() < HEAD + length {
        from.reserve(HEAD + length - from.len());
        return Ok(None);
    }
    from.advance(HEAD);
    Ok(Some(Frame { kind, call, body: from.split_to(length).freeze() }))
}

/// What is asked, as a body: the time that is left in milliseconds (u32), the service's name and the context of the trace, each with its length
/// (u8), and the request's JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) left_ms: u32,
    pub(super) service: String,
    pub(super) context: String,
    pub(super) json: Bytes,
}

/// Appends a request's frame. A name or a context of more than 255 bytes does not travel.
pub(super) fn write_request(
    to: &mut Vec<u8>,
    call: u64,
    left_ms: u32,
    service: &str,
    context: &str,
    json: &[u8],
) {
    let short = |text: &str| u8::try_from(text.len()).unwrap_or(0);
    let (name, trace) = (short(service), short(context));
    let (service, context) = (&service.as_bytes()[..name.into()], &context.as_bytes()[..trace.into()]);
    write(to, Kind::Request, call, &[&left_ms.to_le_bytes(), &[name], service, &[trace], context, json]);
}

pub(super) fn read_request(mut body: Bytes) -> Option<Request> {
    let text = |body: &mut Bytes| {
        let length = usize::from(body.try_get_u8().ok()?);
        (body.len() >= length).then(|| body.split_to(length))
    };
    let left_ms = body.try_get_u32_le().ok()?;
    let service = String::from_utf8(text(&mut body)?.to_vec()).ok()?;
    let context = String::from_utf8(text(&mut body)?.to_vec()).ok()?;
    Some(Request { left_ms, service, context, json: body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_frame_is_read_as_it_was_written_however_it_is_cut(
            call: u64, body in prop::collection::vec(any::<u8>(), 0..300), kind in 0..9_usize, cut in 0..313_usize,
        ) {
            let mut bytes = Vec::new();
            write(&mut bytes, KINDS[kind], call, &[&body]);
            let cut = cut.min(bytes.len());
            let mut read_so_far = BytesMut::from(&bytes[..cut]);
            let first = read(&mut read_so_far, BODY_MAX).expect("a frame");
            let frame = match first {
                Some(frame) => frame,
                None => {
                    read_so_far.extend_from_slice(&bytes[cut..]);
                    read(&mut read_so_far, BODY_MAX).expect("a frame").expect("all of it")
                }
            };
            prop_assert_eq!(frame, Frame { kind: KINDS[kind], call, body: body.into() });
        }

        #[test]
        fn any_bytes_are_frames_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = BytesMut::from(&bytes[..]);
            while let Ok(Some(frame)) = read(&mut bytes, 100) {
                prop_assert!(frame.body.len() <= 100);
                read_request(frame.body);
            }
        }

        #[test]
        fn a_request_is_read_as_it_was_written(left_ms: u32, service in "[a-z.]{1,63}", context in ".{0,40}", json: String) {
            let mut bytes = Vec::new();
            write_request(&mut bytes, 7, left_ms, &service, &context, json.as_bytes());
            let frame = read(&mut BytesMut::from(&bytes[..]), BODY_MAX).expect("a frame").expect("all of it");
            let request = read_request(frame.body).expect("a request");
            prop_assert_eq!(request, Request { left_ms, service, context, json: json.into_bytes().into() });
        }
    }
}
