//! What neither the compiler nor wasm-opt can know to be of no use: exports that nobody calls.
//!
//! Leptos brings classes of `server_fn` that are exported to JavaScript whether or not they are used. They are cut out of the glue and
//! the module; wasm-opt then removes what only they needed.

use anyhow::{Context, bail, ensure};

/// The script that binds the wasm, without the classes that it exports. Relies on how the pinned wasm-bindgen lays it out: an item
/// begins in the first column and ends with a line that does so, too, or with a semicolon.
pub(super) fn glue(source: &str) -> anyhow::Result<String> {
    let mut kept = String::new();
    let mut ends: Option<fn(&str) -> bool> = None;
    for line in source.lines() {
        if line.starts_with("export class ") {
            ends = Some(|line| line == "}");
        } else if line.starts_with("const ") && line.contains("Finalization = ") {
            ends = Some(|line| line.ends_with(';'));
        } else if line.starts_with("if (Symbol.dispose) ") {
            ends = Some(|_| true);
        }
        match ends {
            None => kept.extend([line, "\n"]),
            Some(is_end) => ends = ends.filter(|_| !is_end(line)),
        }
    }
    ensure!(ends.is_none() && kept.contains("export function mount"), "the glue is not written as expected");
    Ok(kept)
}

/// The module without exports that `glue` does not name.
pub(super) fn wasm(module: &[u8], glue: &str) -> anyhow::Result<Vec<u8>> {
    let mut out = module.get(..HEADER).context("no wasm")?.to_vec();
    for (id, content) in sections(&module[HEADER..])? {
        out.push(id);
        match id {
            EXPORT => write_counted(&used_exports(content, glue)?, &mut out),
            _ => write_counted(content, &mut out),
        }
    }
    Ok(out)
}

// WebAssembly core specification, §5.5: a module is a header and sections of an id, a length and a content.
const HEADER: usize = 8;
const EXPORT: u8 = 7;

fn sections(content: &[u8]) -> anyhow::Result<Vec<(u8, &[u8])>> {
    let mut rest = Bytes(content);
    let mut sections = Vec::new();
    while !rest.0.is_empty() {
        sections.push((rest.byte()?, rest.counted()?));
    }
    Ok(sections)
}

/// The export section's content (§5.5.10): for each a name, what kind of thing it is, and that thing's index.
fn used_exports(content: &[u8], glue: &str) -> anyhow::Result<Vec<u8>> {
    let mut rest = Bytes(content);
    let (mut used, mut count) = (Vec::new(), 0);
    for _ in 0..rest.number()? {
        let (name, kind, index) = (std::str::from_utf8(rest.counted()?)?, rest.byte()?, rest.number()?);
        if glue.contains(&format!("wasm.{name}")) {
            write_counted(name.as_bytes(), &mut used);
            used.push(kind);
            write_number(index, &mut used);
            count += 1;
        }
    }
    let mut out = Vec::new();
    write_number(count, &mut out);
    out.extend(used);
    Ok(out)
}

/// A cursor over wasm's encoding of values (§5.2).
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> anyhow::Result<u8> {
        let (first, rest) = self.0.split_first().context("the wasm ends too early")?;
        self.0 = rest;
        Ok(*first)
    }

    /// LEB128, unsigned.
    fn number(&mut self) -> anyhow::Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        bail!("a number has too many digits")
    }

    fn counted(&mut self) -> anyhow::Result<&'a [u8]> {
        let length = usize::try_from(self.number()?)?;
        let (bytes, rest) = self.0.split_at_checked(length).context("the wasm ends too early")?;
        self.0 = rest;
        Ok(bytes)
    }
}

fn write_number(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn write_counted(bytes: &[u8], out: &mut Vec<u8>) {
    write_number(bytes.len() as u64, out);
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![id];
        write_counted(content, &mut out);
        out
    }

    fn name(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        write_counted(text.as_bytes(), &mut out);
        out
    }

    #[test]
    fn unused_exports_go_and_all_else_stays() {
        let module = |export: &[u8]| {
            [
                &b"\0asm\x01\0\0\0"[..],
                &section(1, b"types"),
                &section(EXPORT, export),
                &section(10, &[7; 300]),
            ]
            .concat()
        };
        let before = module(&[&[2][..], &name("mount"), &[0, 0x80, 1], &name("lost"), &[0, 3]].concat());
        let after = module(&[&[1][..], &name("mount"), &[0, 0x80, 1]].concat());
        assert_eq!(wasm(&before, "wasm.mount()").unwrap(), after);
        assert!(wasm(&before[..before.len() - 1], "").is_err());
    }

    #[test]
    fn classes_leave_the_glue() {
        let source = "export class A {\n    free() {\n    }\n}\nif (Symbol.dispose) A.prototype[Symbol.dispose] = 1;\n\
            export function mount() {\n}\nconst AFinalization = (true)\n    ? 1\n    : 2;\nlet wasm;\n";
        assert_eq!(glue(source).unwrap(), "export function mount() {\n}\nlet wasm;\n");
    }
}
