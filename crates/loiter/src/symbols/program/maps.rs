//! Where the program's files are in its memory.

use std::{fs, ops::Range};

/// What the kernel tells in `/proc/self/maps`.
#[derive(Debug)]
pub(super) struct Maps {
    /// By address.
    mappings: Vec<Mapping>,
    /// What the kernel calls the program's own file.
    executable: String,
}

/// A part of a file.
#[derive(Debug)]
struct Mapping {
    addresses: Range<usize>,
    /// Where it begins in the file.
    offset: u64,
    path: String,
}

impl Maps {
    /// Empty where the kernel does not tell.
    pub(super) fn of_this_process() -> Self {
        let maps = fs::read("/proc/self/maps").unwrap_or_default();
        let executable = fs::read_link("/proc/self/exe").unwrap_or_default();
        Self::parse(
            &String::from_utf8_lossy(&maps),
            &executable.to_string_lossy(),
        )
    }

    fn parse(maps: &str, executable: &str) -> Self {
        Self {
            mappings: maps.lines().filter_map(Mapping::parse).collect(),
            // As lines have it.
            executable: executable.replace('\n', "\\012"),
        }
    }

    /// The name of the file that an address is in, and how far it is from where that begins in
    /// memory.
    pub(super) fn place_of(&self, address: usize) -> Option<(&str, usize)> {
        let place = self.place(address)?;
        let path = &self.mappings[place].path;
        // It may be there several times.
        let first = self.mappings[..=place]
            .iter()
            .rfind(|mapping| mapping.path == *path && mapping.offset == 0)?;
        let path = path.strip_suffix(" (deleted)").unwrap_or(path);
        let name = path.rsplit('/').next().unwrap_or(path);
        Some((name, address - first.addresses.start))
    }

    pub(super) fn is_of_executable(&self, address: usize) -> bool {
        self.offset_in_executable(address).is_some()
    }

    /// Where in the program's own file an address is from.
    pub(super) fn offset_in_executable(&self, address: usize) -> Option<u64> {
        let mapping = &self.mappings[self.place(address)?];
        let inside = (address - mapping.addresses.start) as u64;
        (mapping.path == self.executable).then(|| mapping.offset + inside)
    }

    fn place(&self, address: usize) -> Option<usize> {
        let after = self
            .mappings
            .partition_point(|mapping| mapping.addresses.start <= address);
        let place = after.checked_sub(1)?;
        let is_inside = self.mappings[place].addresses.contains(&address);
        is_inside.then_some(place)
    }
}

impl Mapping {
    /// Reads `start-end permissions offset device inode path`.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(6, ' ');
        let (start, end) = fields.next()?.split_once('-')?;
        let offset = fields.nth(1)?;
        // Padded; the path may have spaces.
        let path = fields.nth(2)?.trim_start();
        Some(Self {
            addresses: usize::from_str_radix(start, 16).ok()?
                ..usize::from_str_radix(end, 16).ok()?,
            offset: u64::from_str_radix(offset, 16).ok()?,
            path: path.starts_with('/').then(|| path.to_owned())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
55d0c0d00000-55d0c0e00000 r--p 00000000 fe:01 1234                       /srv/my app (deleted)
55d0c0e00000-55d0c1000000 r-xp 000ff000 fe:01 1234                       /srv/my app (deleted)
55d0c2000000-55d0c2021000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000100000 r-xp 00000000 fe:01 99                         /lib/libc.so.6
7f0000200000-7f0000300000 rw-p 00000000 00:00 0 
7ffe00000000-7ffe00021000 rw-p 00000000 00:00 0                          [stack]
";

    #[test]
    fn an_address_has_a_place_in_a_file() {
        let maps = Maps::parse(MAPS, "/srv/my app (deleted)");
        for (address, place, offset) in [
            (0x55d0_c0cf_ffff, None, None),
            (0x55d0_c0d0_0000, Some(("my app", 0)), Some(0)),
            (
                0x55d0_c0e0_0010,
                Some(("my app", 0x10_0010)),
                Some(0xf_f010),
            ),
            (0x55d0_c100_0000, None, None),
            (0x55d0_c200_0000, None, None),
            (0x7f00_0000_0010, Some(("libc.so.6", 0x10)), None),
            (0x7f00_0020_0000, None, None),
        ] {
            assert_eq!(maps.place_of(address), place, "{address:#x}");
            assert_eq!(maps.offset_in_executable(address), offset, "{address:#x}");
        }
    }

    #[test]
    fn what_the_kernel_does_not_tell_is_nowhere() {
        for text in ["", "\n", "nonsense", "1-2 r-xp 0 0 0", "x-y r-xp 0 0 0 /a"] {
            let maps = Maps::parse(text, "/a");
            assert_eq!(maps.place_of(1), None, "{text}");
            assert!(!maps.is_of_executable(1), "{text}");
        }
    }

    #[test]
    fn this_very_function_is_of_the_executable() {
        let address = this_very_function_is_of_the_executable as fn() as usize;
        let maps = Maps::of_this_process();
        assert!(maps.is_of_executable(address), "{maps:?}");
        let (name, _) = maps.place_of(address).expect("in a file");
        let path = std::env::current_exe().expect("its path");
        assert_eq!(Some(name.as_ref()), path.file_name());
    }
}
