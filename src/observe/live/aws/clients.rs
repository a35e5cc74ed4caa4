//! The clients of AWS's services. All are made here, and none can be made elsewhere: what they get
//! their configuration from is closed. Each refuses whatever is not a read before it is sent.

mod noting;
mod read_only;

use aws_config::SdkConfig;

use super::super::points::Clocks;
use noting::Noting;
use read_only::ReadOnly;

/// Endpoints other than AWS's have no name for each bucket.
const ENDPOINT_VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"];

/// Makes clients for one account, in one Region.
pub(super) struct Clients {
    config: SdkConfig,
    clock: Option<Noting>,
}

macro_rules! client {
    ($service:ident, $sdk:ident) => {
        pub(super) fn $service(&self) -> $sdk::Client {
            let config = $sdk::config::Builder::from(&self.config).interceptor(ReadOnly);
            $sdk::Client::from_conf(config.build())
        }
    };
}

impl Clients {
    pub(super) fn new(config: SdkConfig) -> Clients {
        Clients {
            config,
            clock: None,
        }
    }

    /// The first answer of the account tells what time it is there.
    pub(super) fn noting(self, account: &str, clocks: &Clocks) -> Clients {
        Clients {
            clock: Some(Noting::new(&format!("aws {account}"), clocks)),
            ..self
        }
    }

    client!(backup, aws_sdk_backup);
    client!(cloudcontrol, aws_sdk_cloudcontrol);
    client!(cloudformation, aws_sdk_cloudformation);
    client!(kms, aws_sdk_kms);
    client!(rds, aws_sdk_rds);

    pub(super) fn sts(&self) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::config::Builder::from(&self.config).interceptor(ReadOnly);
        let config = match &self.clock {
            Some(clock) => config.interceptor(clock.clone()),
            None => config,
        };
        aws_sdk_sts::Client::from_conf(config.build())
    }

    pub(super) fn s3(&self) -> aws_sdk_s3::Client {
        let by_path = ENDPOINT_VARIABLES
            .iter()
            .any(|name| std::env::var_os(name).is_some());
        let config = aws_sdk_s3::config::Builder::from(&self.config)
            .interceptor(ReadOnly)
            .force_path_style(by_path);
        aws_sdk_s3::Client::from_conf(config.build())
    }
}

#[cfg(test)]
mod tests;
