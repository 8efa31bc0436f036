//! What the host itself tells: processor, memory, disks, network.
