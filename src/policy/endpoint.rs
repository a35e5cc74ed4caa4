//! Where a server answers: `db.example.com`, `db.example.com:5433`, or the folder of its socket.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cloud::text_type;

/// A host, or the folder of a socket, and a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    pub host: String,
    pub port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no place where a server answers: write a host, host:port, [IPv6 address]:port or the folder of a socket"
)]
pub struct EndpointError(String);

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        parse(text).ok_or_else(|| EndpointError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Endpoint> {
    let (host, port) = match text.strip_prefix('[') {
        Some(address) => {
            let (host, behind) = address.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            let port = match behind {
                "" => None,
                behind => Some(behind.strip_prefix(':')?),
            };
            (host, port)
        }
        None => {
            let (host, port) = match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            };
            let more = if host.starts_with('/') { "_/" } else { "" };
            let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c) || more.contains(c);
            let starts = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
            (starts && host.len() <= 253 && host.chars().all(plain)).then_some((host, port))?
        }
    };
    let port = match port {
        None => None,
        Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port > 0)?),
    };
    Some(Endpoint {
        host: host.to_owned(),
        port,
    })
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

text_type!(
    Endpoint,
    "Endpoint",
    "backstay-endpoint",
    "Where a server answers: a host, host:port, or the folder of its socket.",
    [
        "orders.abc123.eu-west-1.rds.amazonaws.com:5432",
        "/var/run/postgresql"
    ]
);
