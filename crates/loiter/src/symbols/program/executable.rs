//! The program's own file, read by `/proc/self/exe`: that leads to it even when its path does
//! not any more.

use std::{cell::OnceCell, fs::File, iter, os::unix::fs::FileExt, sync::Arc};

use addr2line::Context;
use gimli::{Dwarf, EndianArcSlice, NativeEndian, SectionId};
use object::{
    CompressionFormat, Object, ObjectSection, ObjectSegment, ObjectSymbol, SymbolIndex, SymbolKind,
    read::ReadCache,
};

use super::{Call, name};

type Reader = EndianArcSlice<NativeEndian>;
type Parsed<'a> = object::File<'a, &'a ReadCache<File>>;

/// The file, of which no more is in memory than has been needed.
pub(super) struct Executable {
    file: File,
    data: ReadCache<File>,
    /// Where each function of the symbol table begins, in order.
    functions: OnceCell<Vec<(u64, SymbolIndex)>>,
    debug_info: OnceCell<Option<Context<Reader>>>,
}

impl Executable {
    /// `None` where the kernel does not let it be read.
    pub(super) fn of_this_process() -> Option<Self> {
        let file = File::open("/proc/self/exe").ok()?;
        let data = ReadCache::new(file.try_clone().ok()?);
        Some(Self {
            file,
            data,
            functions: OnceCell::new(),
            debug_info: OnceCell::new(),
        })
    }

    /// The address that the file states for what is there at an offset.
    pub(super) fn stated(&self, offset: u64) -> Option<u64> {
        let object = self.object()?;
        object.segments().find_map(|segment| {
            let (start, size) = segment.file_range();
            let inside = offset.checked_sub(start)?;
            (inside < size).then(|| segment.address() + inside)
        })
    }

    /// The symbols of the function at a stated address, not demangled.
    pub(super) fn symbols(&self, address: u64) -> Vec<Vec<u8>> {
        self.symbols_at(address).unwrap_or_default()
    }

    /// The calls at a stated address; without debug info the one that the symbol table knows.
    pub(super) fn each_call(&self, address: u64, each: &mut dyn FnMut(Call)) {
        if self.calls_of_debug_info(address, each).is_some() {
            return;
        }
        if let Some(symbol) = self.symbols(address).first() {
            each(Call {
                function: name(symbol),
                ..Call::default()
            });
        }
    }

    fn calls_of_debug_info(&self, address: u64, each: &mut dyn FnMut(Call)) -> Option<()> {
        let debug_info = self.debug_info.get_or_init(|| self.read_debug_info());
        let frames = debug_info.as_ref()?.find_frames(address).skip_all_loads();
        let mut frames = frames.ok()?;
        let mut any = None;
        while let Ok(Some(frame)) = frames.next() {
            let function = frame.function.as_ref();
            let function = function.and_then(|function| function.raw_name().ok());
            let location = frame.location.as_ref();
            let file = location.and_then(|location| location.file);
            any = Some(());
            each(Call {
                function: function.map_or_else(String::new, |raw| name(raw.as_bytes())),
                file: file.unwrap_or_default().to_owned(),
                line: location.and_then(|location| location.line).unwrap_or(0),
                column: location.and_then(|location| location.column).unwrap_or(0),
            });
        }
        any
    }

    fn symbols_at(&self, address: u64) -> Option<Vec<Vec<u8>>> {
        let object = self.object()?;
        let functions = self.functions.get_or_init(|| functions(&object));
        let after = functions.partition_point(|(start, _)| *start <= address);
        let (start, _) = functions.get(after.checked_sub(1)?)?;
        let here = functions[..after].iter().rev();
        let here = here.take_while(|(other, _)| other == start);
        let names = here.filter_map(|(start, index)| {
            let symbol = object.symbol_by_index(*index).ok()?;
            let is_inside = address - start < symbol.size();
            is_inside.then(|| symbol.name_bytes().ok().map(<[u8]>::to_vec))?
        });
        Some(names.collect())
    }

    fn object(&self) -> Option<Parsed<'_>> {
        object::File::parse(&self.data).ok()
    }

    fn read_debug_info(&self) -> Option<Context<Reader>> {
        let object = self.object()?;
        let section = |id| {
            let data = self.section(&object, id);
            Ok::<_, gimli::Error>(Reader::new(data.unwrap_or_default(), NativeEndian))
        };
        let dwarf = Dwarf::load(section).ok()?;
        Context::from_dwarf(dwarf).ok()
    }

    /// A section of the debug info. Not through the cache, which would keep it twice; and not
    /// what is compressed, for which it would take more code than such a file is worth.
    fn section(&self, object: &Parsed<'_>, id: SectionId) -> Option<Arc<[u8]>> {
        if !is_needed(id) {
            return None;
        }
        let section = object.section_by_name(id.name())?;
        let range = section.compressed_file_range().ok()?;
        let file_size = self.file.metadata().ok()?.len();
        if range.format != CompressionFormat::None || range.uncompressed_size > file_size {
            return None;
        }
        let size = usize::try_from(range.uncompressed_size).ok()?;
        let mut data: Arc<[u8]> = iter::repeat_n(0, size).collect();
        let buffer = Arc::get_mut(&mut data)?;
        self.file.read_exact_at(buffer, range.offset).ok()?;
        Some(data)
    }
}

/// Whether a section has to do with functions and lines: values of variables and macros may take
/// more memory than these.
fn is_needed(id: SectionId) -> bool {
    !matches!(
        id,
        SectionId::DebugLoc
            | SectionId::DebugLocLists
            | SectionId::DebugMacinfo
            | SectionId::DebugMacro
            | SectionId::DebugTypes
    )
}

fn functions(object: &Parsed<'_>) -> Vec<(u64, SymbolIndex)> {
    let mut functions: Vec<_> = object
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition())
        .map(|symbol| (symbol.address(), symbol.index()))
        .collect();
    functions.sort_unstable_by_key(|(address, _)| *address);
    functions
}

impl std::fmt::Debug for Executable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executable").finish_non_exhaustive()
    }
}
