//! A disk in memory whose flush takes a set time, so that what a flush costs does not depend on
//! the machine.

use std::io;
use std::time::Duration;

use redb::StorageBackend;
use redb::backends::InMemoryBackend;

/// One file of it.
#[derive(Debug)]
pub struct SlowFile {
    bytes: InMemoryBackend,
    flush: Duration,
}

impl SlowFile {
    /// An empty file.
    pub fn new(flush: Duration) -> Self {
        Self { bytes: InMemoryBackend::new(), flush }
    }
}

impl StorageBackend for SlowFile {
    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.bytes.set_len(len)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.bytes.write(offset, data)
    }

    // A disk blocks the thread that flushes.
    #[allow(clippy::disallowed_methods)]
    fn sync_data(&self) -> io::Result<()> {
        std::thread::sleep(self.flush);
        Ok(())
    }
}
