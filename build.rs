//! Tells cargo that the program holds the built page: without this line a page built later would be left out.

fn main() {
    println!("cargo:rerun-if-changed=web/dist");
}
