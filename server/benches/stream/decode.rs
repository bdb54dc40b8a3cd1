//! From a socket's bytes to SSE events: the response's head, the chunked framing (RFC 9112 §7.1), the empty line after each event.

use memchr::memmem;

/// A response as far as it has been read.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    part: Part,
    /// Bytes of the current chunk that are still to come; while its size is read, the size so far.
    left: usize,
    /// The beginning of a head or of an event whose end has not come.
    rest: Vec<u8>,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Head,
    /// A body without chunks.
    Plain,
    Size,
    Chunk,
    /// The line end after a chunk.
    ChunkEnd,
}

/// The response is not a stream; the text is its beginning.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) String);

impl Decoder {
    /// Whether the head has been read, and said 200.
    pub(crate) fn is_open(&self) -> bool {
        self.part != Part::Head
    }

    /// Takes what one read returned and gives each event that it completes, without the empty line. `scratch` is the caller's, so
    /// that thousands of decoders share one.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        scratch: &mut Vec<u8>,
        each: &mut impl FnMut(&[u8]),
    ) -> Result<(), Refused> {
        match self.part {
            Part::Head => self.feed_head(bytes, scratch, each),
            Part::Plain => {
                self.split(bytes, each);
                Ok(())
            }
            Part::Size | Part::Chunk | Part::ChunkEnd => {
                scratch.clear();
                self.unchunk(bytes, scratch)?;
                self.split(scratch, each);
                Ok(())
            }
        }
    }

    fn feed_head(
        &mut self,
        bytes: &[u8],
        scratch: &mut Vec<u8>,
        each: &mut impl FnMut(&[u8]),
    ) -> Result<(), Refused> {
        self.rest.extend_from_slice(bytes);
        let Some(end) = memmem::find(&self.rest, b"\r\n\r\n") else { return Ok(()) };
        let read = std::mem::take(&mut self.rest);
        let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
        if !head.starts_with("http/1.1 200") {
            return Err(Refused(String::from_utf8_lossy(&read[..read.len().min(400)]).into_owned()));
        }
        self.part = if head.contains("transfer-encoding: chunked") { Part::Size } else { Part::Plain };
        self.feed(&read[end + 4..], scratch, each)
    }

    /// Appends the content of the chunks in `bytes` to `content`.
    fn unchunk(&mut self, mut bytes: &[u8], content: &mut Vec<u8>) -> Result<(), Refused> {
        while let Some((&first, after_first)) = bytes.split_first() {
            match self.part {
                Part::Size => {
                    bytes = after_first;
                    match (first, char::from(first).to_digit(16)) {
                        (b'\n', _) => self.part = Part::Chunk,
                        (b'\r', _) => {}
                        (_, Some(digit)) => self.left = self.left * 16 + digit as usize,
                        (_, None) => return Err(Refused(format!("byte {first:#x} in a chunk's size"))),
                    }
                }
                _ => {
                    let (now, later) = bytes.split_at(self.left.min(bytes.len()));
                    if self.part == Part::Chunk {
                        content.extend_from_slice(now);
                    }
                    self.left -= now.len();
                    bytes = later;
                    if self.left == 0 {
                        let is_chunk = self.part == Part::Chunk;
                        (self.part, self.left) = if is_chunk { (Part::ChunkEnd, 2) } else { (Part::Size, 0) };
                    }
                }
            }
        }
        Ok(())
    }

    fn split(&mut self, body: &[u8], each: &mut impl FnMut(&[u8])) {
        if self.rest.is_empty() {
            let used = split(body, each);
            self.rest.extend_from_slice(&body[used..]);
        } else {
            self.rest.extend_from_slice(body);
            let used = split(&self.rest, each);
            self.rest.drain(..used);
        }
    }
}

/// Gives each whole event; says how many bytes they and their empty lines took.
fn split(body: &[u8], each: &mut impl FnMut(&[u8])) -> usize {
    let mut used = 0;
    for end in memmem::find_iter(body, b"\n\n") {
        each(&body[used..end]);
        used = end + 2;
    }
    used
}
