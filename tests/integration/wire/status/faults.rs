//! `status` of AWS on a bad line: each mechanism stands as on a good one, or is unreadable.

use proptest::prelude::*;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use super::Seen;
use super::aws::{ALL, POLICY, sound};
use crate::wire::faults::any_fault;
use crate::wire::faults::proxy::{Asked, Proxy};
use crate::wire::runtime;

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_faults_leave_a_verdict_right_or_unreadable(seed: u64, always in 0_u64..150, at_times in 0_u64..300) {
        let runtime = runtime();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            Mock::given(any()).respond_with(sound()).mount(&server).await;
            server
        });
        let plan = move |asked: &Asked| any_fault(seed, always, at_times, asked);
        let proxy = Proxy::before(*server.address(), plan);
        let seen = Seen::of(
            POLICY,
            &[
                ("AWS_ENDPOINT_URL", &proxy.url),
                ("AWS_ACCESS_KEY_ID", "123456789012"),
                ("AWS_SECRET_ACCESS_KEY", "very-secret-key"),
                ("BACKSTAY_PATIENCE", "0.01"),
            ],
        );
        let told = seen.verdicts();
        let unread = told.values().filter(|verdict| *verdict == "unreadable").count();
        for (name, verdict) in ALL {
            let own = &told[name];
            prop_assert!(own == verdict || own == "unreadable", "{name} is {own}: {:?}", seen.output);
        }
        let code = if unread == 0 { 0 } else { 3 };
        prop_assert_eq!(seen.output.code, code, "{:?}", seen.output);
    }
}
