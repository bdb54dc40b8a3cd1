//! Events of a stream (HTML §9.2.6), of which only the data counts here.

/// What has come of an event that is not complete.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Of a line that has not ended. What reads it bounds it.
    line: Vec<u8>,
    data: String,
    has_data: bool,
    /// The last byte was a carriage return: a line feed after it ends no other line.
    after_return: bool,
}

impl Events {
    /// The data of each event that these bytes complete.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut complete = Vec::new();
        for byte in bytes {
            let follows_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => complete.extend(self.end_line()),
                _ => self.line.push(*byte),
            }
        }
        complete
    }

    fn end_line(&mut self) -> Option<String> {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        if line.is_empty() {
            let had_data = std::mem::take(&mut self.has_data);
            let data = std::mem::take(&mut self.data);
            return had_data.then_some(data);
        }
        if let Some(value) = line.strip_prefix("data:") {
            if std::mem::replace(&mut self.has_data, true) {
                self.data.push('\n');
            }
            self.data.push_str(value.strip_prefix(' ').unwrap_or(value));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &str =
        ": hello\r\n\r\nevent: x\ndata: {\"a\":\ndata: \"é\"}\n\nid: 7\rdata:b\r\rdata: c\r\n\r\ndata: never";

    #[test]
    fn data_is_what_stands_between_blank_lines() {
        assert_eq!(Events::default().take(STREAM.as_bytes()), ["{\"a\":\n\"é\"}", "b", "c"]);
    }

    proptest! {
        /// Where the network cuts does not matter.
        #[test]
        fn pieces_say_what_the_whole_says(cuts in prop::collection::vec(0..STREAM.len(), 0..12)) {
            let mut cuts = [cuts, vec![0, STREAM.len()]].concat();
            cuts.sort_unstable();
            let mut events = Events::default();
            let pieces = cuts.windows(2).map(|it| &STREAM.as_bytes()[it[0]..it[1]]);
            let told: Vec<String> = pieces.flat_map(|it| events.take(it)).collect();
            prop_assert_eq!(told, Events::default().take(STREAM.as_bytes()));
        }
    }
}
