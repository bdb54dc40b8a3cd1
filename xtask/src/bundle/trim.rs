//! What neither the compiler nor wasm-opt can know to be of no use: exports that nobody calls, and the words of panics.
//!
//! Leptos brings classes of `server_fn` that are exported to JavaScript whether or not they are used. They are cut out of the glue and
//! the module; wasm-opt then removes what only they needed.

use anyhow::{Context, bail, ensure};
use std::ops::Range;

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

/// The linked module, which has names and relocations, with a trap in place of each function that only ever panics: telling why costs an eighth
/// of what fans download, with the tables of Unicode that it takes to print any text. The trap reaches the page as an error that says where
/// in the module it was. What nobody refers to any more is left out by whoever looks next for what is reachable.
pub(super) fn panics(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut out = module.get(..HEADER).context("no wasm")?.to_vec();
    let sections = sections(&module[HEADER..])?;
    let imports = sections.iter().find(|it| it.0 == IMPORT).map_or(Ok(0), |it| imported_functions(it.1))?;
    let names = custom(&sections, "name").context("the module has no names")?;
    let panicking: Vec<u64> = function_names(names)?
        .into_iter()
        .filter(|(_, name)| PANICKING.iter().any(|it| name.contains(it)))
        .filter_map(|(index, _)| index.checked_sub(imports))
        .collect();
    ensure!(panicking.len() > 5, "Rust's panics are not called as expected: {}", panicking.len());
    let mut bodies = Vec::new();
    for (id, content) in &sections {
        out.push(*id);
        let mut content = content.to_vec();
        if *id == CODE {
            bodies = trapped(&mut content, &panicking)?;
        } else if *id == CUSTOM && Bytes(&content).counted()? == b"reloc.CODE" {
            content = relocations_outside(&content, &bodies)?;
        }
        write_counted(&content, &mut out);
    }
    Ok(out)
}

/// Parts of the mangled names of functions that do not return.
const PANICKING: &[&str] = &[
    "4core9panicking",
    "16slice_error_fail",
    "16slice_index_fail",
    "13unwrap_failed",
    "13expect_failed",
    "22panic_already_borrowed",
    "30panic_already_mutably_borrowed",
    "17capacity_overflow",
    "12handle_error",
    "17len_mismatch_fail",
    "18handle_alloc_error",
    "18panic_access_error",
];

/// Number of imported functions (§5.5.5).
fn imported_functions(content: &[u8]) -> anyhow::Result<u64> {
    let mut rest = Bytes(content);
    let mut count = 0;
    for _ in 0..rest.number()? {
        rest.counted()?;
        rest.counted()?;
        match rest.byte()? {
            0 => {
                count += 1;
                rest.number()?;
            }
            kind @ (1 | 2) => {
                if kind == 1 {
                    rest.byte()?;
                }
                let has_most = rest.number()? & 1 == 1;
                rest.number()?;
                if has_most {
                    rest.number()?;
                }
            }
            _ => {
                rest.byte()?;
                rest.byte()?;
            }
        }
    }
    Ok(count)
}

/// What follows the name of a custom section.
fn custom<'a>(sections: &[(u8, &'a [u8])], name: &str) -> Option<&'a [u8]> {
    sections.iter().filter(|it| it.0 == CUSTOM).find_map(|it| {
        let mut rest = Bytes(it.1);
        (rest.counted().ok()? == name.as_bytes()).then_some(rest.0)
    })
}

/// Indices and names of functions (§7.4.1).
fn function_names(content: &[u8]) -> anyhow::Result<Vec<(u64, &str)>> {
    let mut rest = Bytes(content);
    let mut names = Vec::new();
    while !rest.0.is_empty() {
        let (kind, content) = (rest.byte()?, rest.counted()?);
        if kind == 1 {
            let mut rest = Bytes(content);
            for _ in 0..rest.number()? {
                names.push((rest.number()?, std::str::from_utf8(rest.counted()?)?));
            }
        }
    }
    Ok(names)
}

/// Puts a trap into each body (§5.5.13) of `panicking`, which keeps its length: what refers to places in the code stays right. Returns
/// where those bodies lie in the section.
fn trapped(content: &mut [u8], panicking: &[u64]) -> anyhow::Result<Vec<Range<usize>>> {
    let length = content.len();
    let mut bodies = Vec::new();
    let mut rest = Bytes(content);
    for index in 0..rest.number()? {
        let body = rest.counted()?;
        let end = length - rest.0.len();
        if panicking.contains(&index) {
            bodies.push(end - body.len()..end);
        }
    }
    for body in &bodies {
        let [no_locals, trap, nops @ .., end] = &mut content[body.clone()] else {
            bail!("a body is too short")
        };
        (*no_locals, *trap, *end) = (0, UNREACHABLE, END);
        nops.fill(NOP);
    }
    Ok(bodies)
}

/// The section `reloc.CODE` (WebAssembly tool conventions, "Linking") without what lies in `bodies`.
fn relocations_outside(content: &[u8], bodies: &[Range<usize>]) -> anyhow::Result<Vec<u8>> {
    let mut rest = Bytes(content);
    let (name, section, count) = (rest.counted()?, rest.number()?, rest.number()?);
    let (mut kept, mut kept_count) = (Vec::<u8>::new(), 0);
    for _ in 0..count {
        let before = rest.0;
        let (kind, offset) = (rest.byte()?, usize::try_from(rest.number()?)?);
        rest.number()?;
        if WITH_ADDEND.contains(&kind) {
            rest.number()?;
        }
        if !bodies.iter().any(|it| it.contains(&offset)) {
            kept.extend_from_slice(&before[..before.len() - rest.0.len()]);
            kept_count += 1;
        }
    }
    let mut out = Vec::new();
    write_counted(name, &mut out);
    write_number(section, &mut out);
    write_number(kept_count, &mut out);
    out.extend(kept);
    Ok(out)
}

const UNREACHABLE: u8 = 0x00;
const NOP: u8 = 0x01;
const END: u8 = 0x0b;
/// Relocations of addresses in memory and of offsets have one.
const WITH_ADDEND: &[u8] = &[3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25];

/// The linked module without the classes of `server_fn`: whoever looks next for what is reachable then leaves out what only they needed,
/// through the table of functions too.
pub(super) fn unused_classes(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    exporting(module, &|name| !name.contains("intounderlying"))
}

/// The module without exports that `glue` does not name.
pub(super) fn wasm(module: &[u8], glue: &str) -> anyhow::Result<Vec<u8>> {
    let shared = |name: &str| SHARED.iter().any(|it| name.starts_with(it));
    exporting(module, &|name| glue.contains(&format!("wasm.{name}")) || shared(name))
}

/// How the names begin of what parts of the module share with it.
const SHARED: &[&str] = &["memory", "__indirect_function_table", "__wasm_split_shared"];

fn exporting(module: &[u8], is_kept: &dyn Fn(&str) -> bool) -> anyhow::Result<Vec<u8>> {
    let mut out = module.get(..HEADER).context("no wasm")?.to_vec();
    for (id, content) in sections(&module[HEADER..])? {
        out.push(id);
        match id {
            EXPORT => write_counted(&exports(content, is_kept)?, &mut out),
            _ => write_counted(content, &mut out),
        }
    }
    Ok(out)
}

// WebAssembly core specification, §5.5: a module is a header and sections of an id, a length and a content.
const HEADER: usize = 8;
const CUSTOM: u8 = 0;
const IMPORT: u8 = 2;
const EXPORT: u8 = 7;
const CODE: u8 = 10;

fn sections(content: &[u8]) -> anyhow::Result<Vec<(u8, &[u8])>> {
    let mut rest = Bytes(content);
    let mut sections = Vec::new();
    while !rest.0.is_empty() {
        sections.push((rest.byte()?, rest.counted()?));
    }
    Ok(sections)
}

/// The export section's content (§5.5.10): for each a name, what kind of thing it is, and that thing's index.
fn exports(content: &[u8], is_kept: &dyn Fn(&str) -> bool) -> anyhow::Result<Vec<u8>> {
    let mut rest = Bytes(content);
    let (mut used, mut count) = (Vec::new(), 0);
    for _ in 0..rest.number()? {
        let (name, kind, index) = (std::str::from_utf8(rest.counted()?)?, rest.byte()?, rest.number()?);
        if is_kept(name) {
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

    /// Of many, each with its length before it.
    fn vector(items: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Vec::new();
        write_number(items.len() as u64, &mut out);
        out.extend(items.concat());
        out
    }

    #[test]
    fn panics_become_traps_and_refer_to_nothing() {
        let names = [
            "fine",
            "_ZN4core9panicking5panicE",
            "b9panicking",
            "4core9panicking1",
            "4core9panicking2",
            "4core9panicking3",
        ];
        let names = [&names[..], &["17capacity_overflow", "12handle_error"]].concat();
        let import = [name("env"), name("f"), vec![0, 0]].concat();
        let symbol = |(index, it): (usize, &&str)| [vec![index as u8 + 1], name(it)].concat();
        let function_names = vector(&names.iter().enumerate().map(symbol).collect::<Vec<_>>());
        // No locals; a number, dropped; the end.
        let body = [5, 0, 0x41, 9, 0x1a, 0x0b];
        let code = vector(&vec![body.to_vec(); names.len()]);
        let relocation = |body: u8| vec![0, 1 + 6 * body + 3, 7];
        let relocations = |bodies: &[u8]| {
            let all: Vec<_> = bodies.iter().map(|it| relocation(*it)).collect();
            [name("reloc.CODE"), vec![2], vector(&all)].concat()
        };
        let module = |code: &[u8], relocations: &[u8]| {
            [
                b"\0asm\x01\0\0\0".to_vec(),
                section(IMPORT, &vector(std::slice::from_ref(&import))),
                section(CODE, code),
                section(CUSTOM, relocations),
                section(CUSTOM, &[name("name"), section(1, &function_names)].concat()),
            ]
            .concat()
        };
        let trap = vec![5, 0, UNREACHABLE, NOP, NOP, END];
        let mut after = vec![trap; names.len()];
        for kept in [0, 2] {
            after[kept] = body.to_vec();
        }
        let before = module(&code, &relocations(&[0, 1, 2, 7]));
        assert_eq!(panics(&before).unwrap(), module(&vector(&after), &relocations(&[0, 2])));
        assert!(panics(&before[..before.len() - 3]).is_err());
    }

    #[test]
    fn classes_leave_the_glue() {
        let source = "export class A {\n    free() {\n    }\n}\nif (Symbol.dispose) A.prototype[Symbol.dispose] = 1;\n\
            export function mount() {\n}\nconst AFinalization = (true)\n    ? 1\n    : 2;\nlet wasm;\n";
        assert_eq!(glue(source).unwrap(), "export function mount() {\n}\nlet wasm;\n");
    }
}
