//! A file that appears under its name once it is whole: half of it would look like all of it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Written beside its name, with `.part` behind it, until it is finished; gone when it never is.
pub(super) struct WholeFile {
    out: BufWriter<File>,
    path: PathBuf,
    /// None for what cannot be replaced, such as a pipe or a device.
    part: Option<PathBuf>,
}

impl WholeFile {
    /// Begins a file, or what takes the place of one.
    pub(super) fn create(path: &Path) -> Result<Self, String> {
        let is_file = fs::metadata(path).map_or(true, |known| known.is_file());
        let part = is_file.then(|| {
            let mut name = path.as_os_str().to_owned();
            name.push(".part");
            PathBuf::from(name)
        });
        let file = File::create(part.as_deref().unwrap_or(path)).map_err(|e| unwritten(path, &e))?;
        Ok(Self { out: BufWriter::new(file), path: path.to_owned(), part })
    }

    /// Gives it its name.
    pub(super) fn finish(mut self) -> Result<(), String> {
        let moved = self.out.flush().and_then(|()| match &self.part {
            Some(part) => fs::rename(part, &self.path),
            None => Ok(()),
        });
        moved.map_err(|e| unwritten(&self.path, &e))?;
        self.part = None;
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            _ = fs::remove_file(part);
        }
    }
}

fn unwritten(path: &Path, why: &io::Error) -> String {
    format!("cannot write {}: {why}", path.display())
}
