//! The clients of AWS's services. All are made here, and none can be made elsewhere: what they get
//! their configuration from is closed. Each refuses whatever is not a read before it is sent.

mod read_only;

use aws_config::SdkConfig;

use read_only::ReadOnly;

/// Endpoints other than AWS's have no name for each bucket.
const ENDPOINT_VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"];

/// Makes clients for one account, in one Region.
pub(super) struct Clients(SdkConfig);

macro_rules! client {
    ($service:ident, $sdk:ident) => {
        pub(super) fn $service(&self) -> $sdk::Client {
            let config = $sdk::config::Builder::from(&self.0).interceptor(ReadOnly);
            $sdk::Client::from_conf(config.build())
        }
    };
}

impl Clients {
    pub(super) fn new(config: SdkConfig) -> Clients {
        Clients(config)
    }

    client!(backup, aws_sdk_backup);
    client!(cloudformation, aws_sdk_cloudformation);
    client!(kms, aws_sdk_kms);
    client!(rds, aws_sdk_rds);
    client!(sts, aws_sdk_sts);

    pub(super) fn s3(&self) -> aws_sdk_s3::Client {
        let by_path = ENDPOINT_VARIABLES
            .iter()
            .any(|name| std::env::var_os(name).is_some());
        let config = aws_sdk_s3::config::Builder::from(&self.0)
            .interceptor(ReadOnly)
            .force_path_style(by_path);
        aws_sdk_s3::Client::from_conf(config.build())
    }
}

#[cfg(test)]
mod tests;
