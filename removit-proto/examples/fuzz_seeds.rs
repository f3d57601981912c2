//! Writes the seeds of the fuzz targets that are made rather than picked. Run it
//! whenever the contract's vectors or the stored states change; a test says so.
//!
//! `cargo run -p removit-proto --example fuzz_seeds`

#[path = "../tests/fuzz/made_seeds.rs"]
mod made_seeds;

fn main() -> std::io::Result<()> {
    for (place, bytes) in made_seeds::made() {
        std::fs::write(made_seeds::folder().join(place), bytes)?;
    }
    Ok(())
}
