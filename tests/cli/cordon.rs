//! Runs the built program on a small data folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run left behind.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A folder that is removed with the value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file below the folder and gives its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An empty folder of its own for one test.
pub fn folder(name: &str) -> Folder {
    let path = std::env::temp_dir().join(format!("cordon-cli-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder");
    Folder(path)
}

/// A data folder with one country, `KH`, a square of a degree around 13.5, 102.5, and in it a town that Korea forbids.
pub fn data(name: &str) -> Folder {
    let folder = folder(name);
    folder.write("issuers.json", include_str!("data/issuers.json"));
    folder.write("places/places.geojson", include_str!("data/places.geojson"));
    folder.write("advisories/kr-mofa/kh.geojson", include_str!("data/kr-mofa.geojson"));
    folder.write("advisories/us-state/kh.geojson", include_str!("data/us-state.geojson"));
    folder
}

/// Runs the program with a data folder and an environment of its own.
pub fn run_with(regions: &Path, args: &[&str], envs: &[(&str, &str)], stdin: Option<&str>) -> Run {
    use std::io::Write;
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordon"));
    command.args(args).env_clear().env("CORDON_REGIONS", regions).envs(envs.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(stdin.unwrap_or_default().as_bytes()).expect("written");
    drop(input);
    let output = child.wait_with_output().expect("the program ends");
    Run {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Runs the program with a data folder.
pub fn run(regions: &Path, args: &[&str]) -> Run {
    run_with(regions, args, &[], None)
}
