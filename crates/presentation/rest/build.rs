//! The web application is embedded where it was built; without it the binary still builds, and says so at `/`.

fn main() {
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../web/dist");
    std::fs::create_dir_all(&dist).expect("web/dist can be made");
    println!("cargo::rerun-if-changed={}", dist.display());
}
