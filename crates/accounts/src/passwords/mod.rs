//! Passwords: which are good enough (NIST SP 800-63B-4 §3.1.1) and how they are kept (Argon2id).

mod blocked;
mod pool;

use std::sync::Arc;

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base::secret::random_text;
use base::{Error, Result, Secret};
use pool::{Memory, Pool};

/// Fewest characters of a password that is the only factor (800-63B-4: 15; 8 only beside a second factor).
pub const MIN_LENGTH: usize = 15;
/// Most characters; more only cost time.
pub const MAX_LENGTH: usize = 256;

/// Hashes and checks passwords on few threads, so that a storm of sign-ins can't take the machine.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    pool: Pool,
    /// What an unknown name is checked against, so that it takes as long as a known one (timing attacks).
    decoy: Arc<str>,
}

/// How much work a hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
    Standard,
    /// For tests that sign in a thousand times.
    Cheap,
}

impl Passwords {
    /// `slots` checks run at once.
    pub fn new(cost: Cost, slots: usize, clock: &dyn base::Clock) -> Self {
        let params = match cost {
            Cost::Standard => Params::new(19 * 1024, 2, 1, None),
            Cost::Cheap => Params::new(8, 1, 1, None),
        };
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.unwrap_or_default());
        let decoy = hash(&argon2, &mut Memory::new(), &random_text(clock, 20)).unwrap_or_default();
        Self { argon2, pool: Pool::new(slots), decoy: decoy.into() }
    }

    /// The PHC string to keep.
    pub async fn hash(&self, password: &Secret) -> Result<String> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.pool.run(move |memory| hash(&argon2, memory, password.expose())).await?
    }

    /// Whether the password is the kept one. Without a kept one it takes as long and is never right.
    pub async fn verify(&self, password: &Secret, kept: Option<String>) -> Result<bool> {
        let has_password = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.decoy.to_string());
        let password = password.clone();
        let matches = self
            .pool
            .run(move |memory| {
                PasswordHash::new(&kept).is_ok_and(|kept| verify(memory, password.expose(), &kept))
            })
            .await?;
        Ok(matches && has_password)
    }
}

fn hash(argon2: &Argon2<'_>, memory: &mut Memory, password: &str) -> Result<String> {
    let salt = Salt::generate();
    let length = argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let made = compute(argon2, memory, password, &salt, length).and_then(|output| {
        Ok(PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: argon2.params().try_into()?,
            salt: Some(salt),
            hash: Some(output),
        })
    });
    match made {
        Ok(hash) => Ok(hash.to_string()),
        Err(error) => Err(Error::internal(format!("hash a password: {error}"))),
    }
}

/// With the algorithm, version and cost that the kept hash names.
fn verify(memory: &mut Memory, password: &str, kept: &PasswordHash) -> bool {
    let (Some(salt), Some(expected)) = (&kept.salt, &kept.hash) else { return false };
    let parts = (
        Algorithm::try_from(kept.algorithm.as_str()),
        kept.version.map_or(Ok(Version::V0x13), Version::try_from),
        Params::try_from(kept),
    );
    let (Ok(algorithm), Ok(version), Ok(params)) = parts else { return false };
    let argon2 = Argon2::new(algorithm, version, params);
    // Outputs are compared in constant time.
    compute(&argon2, memory, password, salt, expected.len()).is_ok_and(|output| output == *expected)
}

fn compute(
    argon2: &Argon2<'_>,
    memory: &mut Memory,
    password: &str,
    salt: &[u8],
    length: usize,
) -> argon2::password_hash::Result<Output> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    let mut output = vec![0; length];
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut output, &mut memory[..blocks])?;
    Ok(Output::new(&output)?)
}

/// Whether a new password is good enough; `context` are words that it must not be made of (user name, e-mail, product).
pub fn check_new(password: &str, context: &[&str]) -> Result<(), String> {
    let length = password.chars().count();
    if length < MIN_LENGTH {
        return Err(format!(
            "Use at least {MIN_LENGTH} characters; this has {length}. A few words are easy to remember."
        ));
    }
    if length > MAX_LENGTH {
        return Err(format!("Use at most {MAX_LENGTH} characters; this has {length}."));
    }
    let folded = password.to_lowercase();
    if blocked::is_common(&folded) {
        return Err("This password is on lists of common passwords. Choose another one.".to_owned());
    }
    let mut rest = folded.clone();
    for word in context.iter().map(|word| word.to_lowercase()).filter(|word| word.chars().count() >= 4) {
        rest = rest.replace(&word, "");
    }
    // What is left besides names must still be something to guess.
    if rest.chars().count() < 8 && rest.len() < folded.len() {
        return Err("This password is little more than a name. Choose another one.".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_800_63b() {
        assert!(check_new("short", &[]).unwrap_err().contains("at least 15"));
        assert!(check_new("correct horse battery", &["ada"]).is_ok());
        assert!(check_new("我家的猫喜欢在早上喝牛奶和吃鱼", &[]).is_ok(), "any script counts by characters");
        assert!(check_new("passwordpassword", &[]).is_err());
        assert!(check_new("123456789012345", &[]).is_err());
        assert!(check_new("aaaaaaaaaaaaaaaaaaaa", &[]).is_err());
        assert!(check_new("lovelace-lovelace-1", &["lovelace"]).is_err());
        assert!(check_new(&"x y z ".repeat(100), &[]).is_err());
    }

    #[tokio::test]
    async fn an_unknown_name_is_never_right() {
        let passwords = Passwords::new(Cost::Cheap, 1, &base::SystemClock);
        let kept = passwords.hash(&Secret::new("correct horse battery")).await.unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(passwords.verify(&Secret::new("correct horse battery"), Some(kept.clone())).await.unwrap());
        assert!(!passwords.verify(&Secret::new("wrong"), Some(kept)).await.unwrap());
        assert!(!passwords.verify(&Secret::new("anything"), None).await.unwrap());
    }
}
