//! Evidence of a check as files: the signed document, and a page to print.

use std::path::Path;

use crate::flows::evidence::{Case, page, signing_key};
use crate::flows::picture::Scene;

/// Writes `FILE.json`, signed, or `FILE.html`, by the ending of the name.
pub(super) fn write(path: &Path, case: &Case, data_dir: &Path) -> Result<(), String> {
    let contents = match path.extension().and_then(|e| e.to_str()) {
        Some("json") => {
            let key = signing_key(data_dir).map_err(|e| format!("no signing key: {e}"))?;
            key.sign(case.statement())?
        }
        Some("html") => {
            let picture = Scene::of(case.snapshot, case.query, case.answer).picture();
            page::page(&case.statement(), picture.as_ref(), &case.query.lang)?.into_bytes()
        }
        _ => return Err(format!("{}: evidence is written as .json or .html", path.display())),
    };
    std::fs::write(path, contents).map_err(|e| format!("cannot write {}: {e}", path.display()))
}
