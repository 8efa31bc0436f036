//! The binary.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let flags = vigie::commands::ConfigurationFlags {
        state_dir: std::env::args().skip_while(|a| a != "--state-dir").nth(1).map(Into::into),
        listen: std::env::args().skip_while(|a| a != "--listen").nth(1).and_then(|a| a.parse().ok()).into_iter().collect(),
        file: None,
    };
    if std::env::args().nth(1).as_deref() == Some("openapi") {
        print!("{}", vigie::commands::openapi());
        return ExitCode::SUCCESS;
    }
    match vigie::commands::serve(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vigie: {error}");
            ExitCode::from(error.code)
        }
    }
}
