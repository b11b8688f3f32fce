//! Argon2id as PHC strings have it, run on memory that goes back to the system afterwards.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::base::Fault;

/// What a run asks for at least, in blocks of one KiB; only what it uses is ever backed by
/// memory. Allocators keep a freed chunk of the 19 MiB that a run is meant to cost: glibc takes
/// ever larger ones from its heaps, up to 32 MiB, once a chunk of that size has been freed.
/// Above that, a chunk is always mapped from the system and handed back to it at once.
const MAPPED: usize = 33 * 1024;

/// The hash of a password at this cost and with this salt.
///
/// # Errors
/// 503 when there is not enough memory now; 500 when the cost or the salt cannot be used.
pub fn hash(cost: &Params, password: &[u8], salt: &[u8]) -> Result<PasswordHash, Fault> {
    let salt = Salt::new(salt).map_err(Fault::internal)?;
    let length = cost.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let version = Version::V0x13;
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(cost).map_err(Fault::internal)?,
        hash: Some(run(Algorithm::Argon2id, version, cost, password, &salt, length)?),
        salt: Some(salt),
    })
}

/// Does the password belong to this hash? The cost is the one the hash was made at. Takes the
/// same time for every password of a length.
///
/// # Errors
/// 503 when there is not enough memory now; 500 when the hash is no complete one of Argon2.
pub fn verify(password: &[u8], wanted: &PasswordHash) -> Result<bool, Fault> {
    let (Some(salt), Some(output)) = (&wanted.salt, &wanted.hash) else {
        return Err(Fault::internal("a stored password hash has no salt or no output"));
    };
    let algorithm = Algorithm::try_from(wanted.algorithm.as_str()).map_err(Fault::internal)?;
    let version = wanted.version.map_or(Ok(Version::default()), Version::try_from);
    let version = version.map_err(Fault::internal)?;
    let cost = Params::try_from(wanted).map_err(Fault::internal)?;
    // Two outputs are compared in constant time.
    Ok(run(algorithm, version, &cost, password, salt, output.len())? == *output)
}

fn run(
    algorithm: Algorithm,
    version: Version,
    cost: &Params,
    password: &[u8],
    salt: &[u8],
    length: usize,
) -> Result<Output, Fault> {
    let mut memory = memory(cost.block_count())?;
    let mut bytes = [0; Output::MAX_LENGTH];
    let output = bytes
        .get_mut(..length)
        .ok_or_else(|| Fault::internal("a password hash would be longer than 64 bytes"))?;
    Argon2::new(algorithm, version, cost.clone())
        .hash_password_into_with_memory(password, salt, output, &mut memory)
        .map_err(Fault::internal)?;
    Output::new(output).map_err(Fault::internal)
}

fn memory(blocks: usize) -> Result<Vec<Block>, Fault> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(blocks.max(MAPPED)).map_err(|_| Fault::busy(5))?;
    memory.resize(blocks, Block::new());
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn the_hashes_are_those_of_the_plain_way_at_any_cost() {
        for (kib, passes, lanes, length) in
            [(8, 1, 1, None), (100, 2, 1, None), (64, 3, 4, Some(64)), (32, 1, 2, Some(16))]
        {
            let cost = Params::new(kib, passes, lanes, length).unwrap();
            let ours = hash(&cost, b"secret", &[7; 16]).unwrap();
            let plain = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
            let theirs: PasswordHash = plain.hash_password_with_salt(b"secret", &[7; 16]).unwrap();
            assert_eq!(ours.to_string(), theirs.to_string());
            assert!(plain.verify_password(b"secret", &ours).is_ok());
            assert!(verify(b"secret", &theirs).unwrap());
            assert!(!verify(b"secre", &theirs).unwrap());
        }
    }

    #[test]
    fn other_kinds_and_versions_of_stored_hashes_are_honoured() {
        for (algorithm, version) in
            [(Algorithm::Argon2i, Version::V0x10), (Algorithm::Argon2d, Version::V0x13)]
        {
            let plain = Argon2::new(algorithm, version, Params::new(16, 2, 1, None).unwrap());
            let stored: PasswordHash = plain.hash_password_with_salt(b"secret", &[1; 8]).unwrap();
            assert!(verify(b"secret", &stored).unwrap(), "{stored}");
            assert!(!verify(b"other", &stored).unwrap(), "{stored}");
        }
        let cut = PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$AQEBAQEBAQE").unwrap();
        assert_eq!(verify(b"secret", &cut).unwrap_err().status, 500);
    }
}
