//! Pure readers of the kernel's text files (proc(5)); they take text, so tests feed them any.

pub mod cpu;
pub mod disk;
pub mod memory;
pub mod network;
pub mod route;
pub mod system;
