//! The program's code, and what can be read of it.
//!
//! `backtrace` reads symbols by the path of the file that they are in. On Linux the program's
//! own file is read here, too: for the names that its symbol table has and its debug info lacks,
//! and for all there is once another file has taken its path.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod executable;
#[cfg(target_os = "linux")]
mod maps;

use std::{ffi::c_void, path::PathBuf, ptr};

use backtrace::SymbolName;
use loiter_model::{Frame, Origin};

#[cfg(not(target_os = "linux"))]
use elsewhere::{Executable, Maps};
#[cfg(target_os = "linux")]
use {executable::Executable, maps::Maps};

/// A call, as it is read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) function: String,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The program's code.
#[derive(Debug)]
pub(super) struct Program {
    /// Its file, as it was at the start.
    identity: Option<Identity>,
    read: Option<Read>,
}

/// What has been read of it.
#[derive(Debug)]
struct Read {
    maps: Maps,
    executable: Option<Executable>,
}

impl Program {
    /// Reads nothing yet.
    pub(super) fn new() -> Self {
        Self {
            identity: Identity::of_this_process(),
            read: None,
        }
    }

    /// Gives back what the symbols take. They are read anew when they are asked for.
    pub(super) fn unload(&mut self) {
        self.read = None;
        backtrace::clear_symbol_cache();
    }

    /// The calls at an address, innermost first: more than one where some were inlined, none
    /// where no symbol can be read.
    pub(super) fn each_call(&mut self, address: usize, mut each: impl FnMut(Call)) {
        if !self.is_out_of_reach(address) {
            through_backtrace(address, each);
        } else if let Some((executable, address)) = self.in_executable(address) {
            executable.each_call(address, &mut each);
        }
    }

    /// What the symbol table calls the function of an address's machine code, if that says more
    /// than its outermost call.
    pub(super) fn full_name(&mut self, address: usize, physical: &Frame) -> Option<String> {
        if !physical.is_short() {
            return None;
        }
        let (executable, address) = self.in_executable(address)?;
        // Functions with equal code are folded into one, which then has several names.
        let mut fitting = executable.symbols(address).into_iter().filter_map(|raw| {
            let name = name(&raw);
            let fits = physical.is_short_for(&name) && !loses_parameters(&raw, physical);
            fits.then_some(name)
        });
        let name = fitting.next()?;
        fitting.all(|other| other == name).then_some(name)
    }

    /// The name, with a method's type, that the symbol of an address's machine code has for a
    /// function that was inlined into it.
    pub(super) fn name_in_symbol(&mut self, address: usize, inlined: &Frame) -> Option<String> {
        self.told_by_symbol(address, |symbol| inlined.name_in_symbol(symbol))
    }

    /// What the function of an address's machine code polls, by its symbol.
    pub(super) fn polled(&mut self, address: usize) -> Option<String> {
        self.told_by_symbol(address, Frame::only_closure_in)
    }

    /// What the symbol of an address's machine code tells; where it has several, what all tell.
    fn told_by_symbol(
        &mut self,
        address: usize,
        tell: impl Fn(&str) -> Option<&str>,
    ) -> Option<String> {
        let (executable, address) = self.in_executable(address)?;
        let symbols = executable.symbols(address);
        let mut told = symbols
            .iter()
            .map(|raw| tell(&name(raw)).map(str::to_owned));
        let first = told.next()?;
        told.all(|other| other == first).then_some(first)?
    }

    /// Stands for a function of which there is no symbol: `app+0x1234`, and
    /// `app (replaced)+0x1234` where that is why.
    pub(super) fn place_of(&mut self, address: usize) -> String {
        let replaced = match self.is_out_of_reach(address) {
            true => " (replaced)",
            false => "",
        };
        match self.read().maps.place_of(address) {
            Some((file, offset)) => format!("{file}{replaced}+{offset:#x}"),
            None => format!("{address:#x}"),
        }
    }

    /// Whether an address is in the program's own file, and another one is at its path.
    pub(super) fn is_out_of_reach(&mut self, address: usize) -> bool {
        let holds = self.identity.as_ref().is_none_or(Identity::holds);
        !holds && self.read().maps.is_of_executable(address)
    }

    /// The program's own file, and an address as it is stated there.
    fn in_executable(&mut self, address: usize) -> Option<(&Executable, u64)> {
        let Read { maps, executable } = self.read();
        let offset = maps.offset_in_executable(address)?;
        let executable = executable.as_ref()?;
        Some((executable, executable.stated(offset)?))
    }

    fn read(&mut self) -> &Read {
        self.read.get_or_insert_with(|| Read {
            maps: Maps::of_this_process(),
            executable: Executable::of_this_process(),
        })
    }
}

fn through_backtrace(address: usize, mut each: impl FnMut(Call)) {
    // It takes a return address.
    let address = ptr::without_provenance_mut::<c_void>(address + 1);
    backtrace::resolve(address, |symbol| {
        let function = symbol.name().map(|name| format!("{name:#}"));
        let file = symbol.filename().map(|path| path.to_string_lossy());
        each(Call {
            function: function.unwrap_or_default(),
            file: file.unwrap_or_default().into_owned(),
            line: symbol.lineno().unwrap_or(0),
            column: symbol.colno().unwrap_or(0),
        });
    });
}

/// Demangled.
fn name(raw: &[u8]) -> String {
    format!("{:#}", SymbolName::new(raw))
}

/// Whether a symbol of the older form, which has no type parameters, stands beside a name with
/// parameters that tell something. Those of a library's wrapper may tell what it waits on; `()`
/// and `u8` do not.
fn loses_parameters(raw: &[u8], physical: &Frame) -> bool {
    let parameters = physical.function.split_once('<');
    raw.starts_with(b"_ZN")
        && parameters.is_some_and(|(_, parameters)| parameters.contains("::"))
        && physical.origin() != Origin::User
}

/// Tells whether a file is still the one that the program was started from.
#[derive(Debug)]
pub(super) struct Identity {
    path: PathBuf,
    #[cfg(unix)]
    file: (u64, u64),
}

#[cfg(unix)]
impl Identity {
    pub(super) fn of_this_process() -> Option<Self> {
        let path = std::env::current_exe().ok()?;
        let file = match cfg!(target_os = "linux") {
            // Leads to the file itself, whatever has become of its path.
            true => device_and_inode("/proc/self/exe".as_ref()),
            false => device_and_inode(&path),
        }?;
        Some(Self { path, file })
    }

    fn holds(&self) -> bool {
        device_and_inode(&self.path) == Some(self.file)
    }
}

#[cfg(unix)]
fn device_and_inode(path: &std::path::Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;

    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

/// A file that runs cannot be replaced.
#[cfg(not(unix))]
impl Identity {
    pub(super) fn of_this_process() -> Option<Self> {
        None
    }

    fn holds(&self) -> bool {
        let _ = &self.path;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn another_file_at_the_path_is_noticed() {
        let mut identity = Identity::of_this_process().expect("it has a file");
        assert!(identity.holds());
        let folder = tempfile::tempdir().expect("a folder");
        identity.path = folder.path().join("app");
        assert!(!identity.holds(), "there is none");
        std::fs::write(&identity.path, "").expect("it is written");
        assert!(!identity.holds(), "there is another");
    }

    /// This one, as it would be with another file at its path.
    #[cfg(target_os = "linux")]
    fn replaced() -> Program {
        let mut program = Program::new();
        let identity = program.identity.as_mut().expect("it has a file");
        identity.file.1 += 1;
        program
    }

    fn calls(program: &mut Program, address: usize) -> Vec<Call> {
        let mut calls = Vec::new();
        program.each_call(address, |call| calls.push(call));
        calls
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_replaced_file_is_read_as_before() {
        let (mut usual, mut replaced) = (Program::new(), replaced());
        let start = with_an_inlined_call as fn(usize) -> usize as usize;
        let mut most = 0;
        for address in start..start + 256 {
            let expected = calls(&mut usual, address);
            // What lies behind it has no lines.
            let is_inside = |call: &Call| {
                call.function.contains("with_an_inlined_call") && !call.file.is_empty()
            };
            if !expected.last().is_some_and(is_inside) {
                break;
            }
            let found = calls(&mut replaced, address);
            assert_eq!(found, expected, "{address:#x}");
            most = most.max(found.len());
        }
        assert!(most >= 2, "none is inlined");
    }

    #[cfg(target_os = "linux")]
    #[inline(never)]
    fn with_an_inlined_call(number: usize) -> usize {
        #[inline(always)]
        fn inlined(number: usize) -> usize {
            std::hint::black_box(number)
        }
        inlined(number) + 1
    }

    #[test]
    fn what_has_no_symbol_is_told_by_its_place() {
        let mut program = Program::new();
        assert_eq!(calls(&mut program, 8), [], "nothing is there");
        assert_eq!(program.place_of(8), "0x8");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_place_says_that_the_file_was_replaced() {
        let address = the_place_says_that_the_file_was_replaced as fn() as usize;
        let plain = Program::new().place_of(address);
        let (name, offset) = plain.split_once("+0x").expect("an offset");
        let replaced = replaced().place_of(address);
        assert_eq!(replaced, format!("{name} (replaced)+0x{offset}"));
    }
}
