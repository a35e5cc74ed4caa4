//! Notes the clock of whoever answers.

use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;

use super::super::super::points::Clocks;

#[derive(Debug, Clone)]
pub(super) struct Noting {
    of: String,
    clocks: Clocks,
}

impl Noting {
    pub(super) fn new(of: &str, clocks: &Clocks) -> Noting {
        Noting {
            of: of.to_owned(),
            clocks: clocks.clone(),
        }
    }
}

impl Intercept for Noting {
    fn name(&self) -> &'static str {
        "Noting"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        self.clocks.note(&self.of, date);
        Ok(())
    }
}
