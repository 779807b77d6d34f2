//! The connections and their secrets.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use oms_core::channel::signature::{
    Delivery, Digest, PublicKey, Secret, SignatureError, WebhookKeys,
};
use oms_core::channel::{Channel, Channels};
use oms_core::value::ChannelId;
use oms_examples::program::Failure;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The variable that holds the configuration where no file is named.
const VARIABLE: &str = "OMS_WEBHOOKS";

/// Every connection that is served.
#[derive(Debug)]
pub(crate) struct Config {
    connections: Vec<Connection>,
}

/// One channel of the tenant.
pub(crate) struct Connection {
    pub(crate) id: ChannelId,
    pub(crate) channel: Arc<dyn Channel>,
    keys: WebhookKeys,
    /// Digests of bearer tokens: comparing those tells nothing about a token.
    tokens: Vec<[u8; 32]>,
    /// What eBay's question is answered with: the token given to eBay, and the address.
    pub(crate) challenge: Option<(String, String)>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("id", &self.id)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    connections: Vec<WrittenConnection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenConnection {
    channel: String,
    connection: String,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    public_keys: Vec<WrittenKey>,
    #[serde(default)]
    bearer_tokens: Vec<String>,
    verification_token: Option<String>,
    endpoint: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKey {
    id: String,
    pem: String,
    digest: Option<String>,
}

impl Config {
    /// Reads the file, or the variable.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let (name, text) = match path {
            Some(path) => {
                let name = path.display().to_string();
                let text = fs::read_to_string(path);
                (
                    name.clone(),
                    text.map_err(|problem| format!("{name}: {problem}"))?,
                )
            }
            None => {
                let text = std::env::var(VARIABLE);
                let missing = format!("no configuration: give --config FILE or {VARIABLE}");
                (VARIABLE.to_owned(), text.map_err(|_| missing)?)
            }
        };
        Self::parse(&text, |name| std::env::var(name).ok())
            .map_err(|problem| format!("{name}: {problem}"))
    }

    pub(crate) fn parse(
        text: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let written: Written = serde_json::from_str(text).map_err(|problem| problem.to_string())?;
        let mut connections: Vec<Connection> = Vec::new();
        for written in written.connections {
            let name = format!("{}/{}", written.channel, written.connection);
            let connection = Connection::of(written, &variable);
            let connection = connection.map_err(|problem| format!("{name}: {problem}"))?;
            // One tenant's channel ids are unique, whatever the kind.
            if connections.iter().any(|known| known.id == connection.id) {
                return Err(format!("{name}: the connection stands there twice"));
            }
            connections.push(connection);
        }
        if connections.is_empty() {
            return Err("there is no connection".to_owned());
        }
        Ok(Self { connections })
    }

    /// The connection of a path.
    pub(crate) fn find(&self, channel: &str, connection: &str) -> Option<&Connection> {
        self.connections
            .iter()
            .find(|known| known.channel.kind() == channel && known.id.as_str() == connection)
    }

    /// The channels, with names for people.
    pub(crate) fn channels(&self) -> Vec<(ChannelId, String)> {
        let named = |known: &Connection| {
            let name = format!("{} {}", known.channel.kind(), known.id);
            (known.id.clone(), name)
        };
        self.connections.iter().map(named).collect()
    }
}

impl Connection {
    fn of(
        written: WrittenConnection,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let channel = Channels::built_in(&written.channel);
        let id = ChannelId::parse(&written.connection);
        let plain = |secret: String| match secret.strip_prefix("env:") {
            None => Ok(secret),
            Some(name) => variable(name)
                .filter(|found| !found.is_empty())
                .ok_or_else(|| format!("the variable {name} is not set")),
        };
        let mut keys = WebhookKeys::new();
        for secret in written.secrets {
            keys = keys.secret(Secret::new(plain(secret)?));
        }
        for key in written.public_keys {
            let digest = match key.digest.as_deref() {
                None => None,
                Some(name) => {
                    let digest = Digest::parse(name);
                    Some(digest.ok_or_else(|| format!("digest {name:?}: SHA1 or SHA256"))?)
                }
            };
            let read = PublicKey::from_pem(&key.pem, digest);
            let read = read.map_err(|problem| format!("key {}: {problem}", key.id))?;
            keys = keys.key(key.id, read);
        }
        let mut tokens = Vec::new();
        for token in written.bearer_tokens {
            tokens.push(digest(plain(token)?.as_bytes()));
        }
        let challenge = match (written.verification_token, written.endpoint) {
            (Some(token), Some(endpoint)) => Some((plain(token)?, endpoint)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err("verification_token and endpoint go together".to_owned());
            }
        };
        Ok(Self {
            id: id.map_err(|problem| problem.to_string())?,
            channel: channel.map_err(|problem| problem.to_string())?,
            keys,
            tokens,
            challenge,
        })
    }

    /// Tells whether the channel sent this, or whoever forwards what it sends.
    pub(crate) fn verify(&self, delivery: &Delivery<'_>) -> Result<(), SignatureError> {
        match self.channel.verify(delivery, &self.keys) {
            Err(SignatureError::NotSigned) if self.forwarded(delivery) => Ok(()),
            answer => answer,
        }
    }

    fn forwarded(&self, delivery: &Delivery<'_>) -> bool {
        let named = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case("authorization");
        let mut sent = delivery.headers.iter().filter(named);
        let (Some((_, value)), None) = (sent.next(), sent.next()) else {
            return false;
        };
        let token = value.strip_prefix("Bearer ").map(str::trim);
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return false;
        };
        self.tokens.contains(&digest(token.as_bytes()))
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Config;

    fn problem(text: &str) -> String {
        Config::parse(text, |_| None).unwrap_err()
    }

    #[test]
    fn what_cannot_be_served_is_said() {
        for (text, part) in [
            ("{", "EOF"),
            (r#"{"connections":[]}"#, "no connection"),
            (
                r#"{"connections":[{"channel":"etsy","connection":"a"}]}"#,
                "etsy/a: no channel of kind",
            ),
            (
                r#"{"connections":[{"channel":"shopify","connection":"a","secret":"x"}]}"#,
                "unknown field `secret`",
            ),
            (
                r#"{"connections":[{"channel":"shopify","connection":"a","secrets":["env:X"]}]}"#,
                "shopify/a: the variable X is not set",
            ),
            (
                r#"{"connections":[{"channel":"ebay","connection":"a","endpoint":"https://a.b"}]}"#,
                "go together",
            ),
            (
                r#"{"connections":[{"channel":"shopify","connection":"a"},
                    {"channel":"ebay","connection":"a"}]}"#,
                "ebay/a: the connection stands there twice",
            ),
        ] {
            assert!(problem(text).contains(part), "{text}: {}", problem(text));
        }
    }

    #[test]
    fn a_secret_may_come_from_a_variable_and_is_never_shown() {
        let text = r#"{"connections":[{"channel":"amazon","connection":"a",
            "bearer_tokens":["env:TOKEN"],"secrets":["hush-literal"]}]}"#;
        let config = Config::parse(text, |name| {
            (name == "TOKEN").then(|| "hush-env".to_owned())
        });
        let shown = format!("{:?}", config.unwrap());
        assert!(!shown.contains("hush"), "{shown}");
    }
}
