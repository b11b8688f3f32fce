//! A disk in memory that fails or loses its power on command, and then keeps what it likes of
//! the writes that were not flushed: any of them, in any order, sector by sector.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;

#[path = "dice.rs"]
mod dice;
pub use dice::Dice;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A disk with a few files.
#[derive(Debug, Clone)]
pub struct FaultyDisk(Arc<Mutex<Disk>>);

/// One file of it.
#[derive(Debug, Clone)]
pub struct FaultyFile {
    disk: FaultyDisk,
    number: usize,
}

#[derive(Debug)]
struct Disk {
    files: Vec<Content>,
    /// How many changes and flushes go well from now on, and how many fail after that.
    good: u64,
    bad: u64,
}

#[derive(Debug, Clone, Default)]
struct Content {
    flushed: Vec<u8>,
    present: Vec<u8>,
    /// What was done since the flush.
    pending: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
}

impl FaultyDisk {
    /// An empty disk with this many files.
    pub fn new(files: usize) -> Self {
        let files = vec![Content::default(); files];
        Self(Arc::new(Mutex::new(Disk { files, good: u64::MAX, bad: 0 })))
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap()
    }

    /// A file of the disk.
    pub fn file(&self, number: usize) -> FaultyFile {
        FaultyFile { disk: self.clone(), number }
    }

    /// After `good` changes and flushes, `bad` of them fail; then the disk is well again.
    pub fn fail_after(&self, good: u64, bad: u64) {
        let mut disk = self.lock();
        (disk.good, disk.bad) = (good, bad);
    }

    /// How many changes and flushes still go well.
    // Not every test program asks.
    #[allow(dead_code)]
    pub fn good(&self) -> u64 {
        self.lock().good
    }

    /// The power goes: what was not flushed is kept, lost, torn and mixed as the dice fall. The
    /// disk that comes back works.
    pub fn cut(&self, dice: &mut Dice) -> Self {
        let files = self.lock().files.iter().map(|file| file.survive(dice)).collect();
        Self(Arc::new(Mutex::new(Disk { files, good: u64::MAX, bad: 0 })))
    }
}

impl Content {
    fn survive(&self, dice: &mut Dice) -> Self {
        let mut sectors = Vec::new();
        for change in &self.pending {
            match change {
                Change::Length(_) => sectors.push(change.clone()),
                Change::Write(offset, data) => {
                    let mut at = 0;
                    while at < data.len() {
                        let end = (SECTOR - (offset + at) % SECTOR + at).min(data.len());
                        sectors.push(Change::Write(offset + at, data[at..end].to_vec()));
                        at = end;
                    }
                }
            }
        }
        // Nothing, everything, or any part of it.
        let kept = [0, 100, 50, 10, 90][dice.below(5) as usize];
        sectors.retain(|_| dice.below(100) < kept);
        for last in (1..sectors.len()).rev() {
            if dice.below(4) == 0 {
                sectors.swap(last, dice.below(last as u64 + 1) as usize);
            }
        }
        let mut flushed = self.flushed.clone();
        for change in &sectors {
            change.apply(&mut flushed);
        }
        Self { present: flushed.clone(), flushed, pending: Vec::new() }
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Write(offset, data) => {
                let end = offset + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(data);
            }
        }
    }
}

impl FaultyFile {
    fn change(&self, change: Change) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.operate()?;
        let file = &mut disk.files[self.number];
        change.apply(&mut file.present);
        file.pending.push(change);
        Ok(())
    }
}

impl Disk {
    fn operate(&mut self) -> io::Result<()> {
        if self.good > 0 {
            self.good -= 1;
        } else if self.bad > 0 {
            self.bad -= 1;
            return Err(io::Error::other("the disk has failed"));
        }
        Ok(())
    }
}

impl StorageBackend for FaultyFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.lock().files[self.number].present.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let disk = self.disk.lock();
        let from = offset as usize;
        match disk.files[self.number].present.get(from..from + out.len()) {
            Some(bytes) => out.copy_from_slice(bytes),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Change::Length(len as usize))
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Change::Write(offset as usize, data.to_vec()))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.operate()?;
        let file = &mut disk.files[self.number];
        file.flushed.clone_from(&file.present);
        file.pending.clear();
        Ok(())
    }
}
