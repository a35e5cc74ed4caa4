//! What may be asked of AWS. An operation that is not on this list is not sent.

use aws_sdk_rds::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_rds::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_rds::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

use crate::cloud::aws::reads::READS;

/// Refuses everything else, before anything of it is written or signed.
#[derive(Debug)]
pub(super) struct ReadOnly;

/// A mistake of ours: the operation is missing on the list, or nothing of backstay may ask for it.
#[derive(Debug, thiserror::Error)]
#[error("backstay only reads: {service} {operation} is not a read that it knows, and was not sent")]
struct NoRead {
    service: String,
    operation: String,
}

impl Intercept for ReadOnly {
    fn name(&self) -> &'static str {
        "ReadOnly"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (service, operation) = match config.load::<Metadata>() {
            Some(asked) => (asked.service(), asked.name()),
            None => ("a service", "without a name"),
        };
        let asked = Some((service, operation));
        if READS.iter().any(|read| read.call == asked) {
            return Ok(());
        }
        Err(Box::new(NoRead {
            service: service.to_owned(),
            operation: operation.to_owned(),
        }))
    }
}
