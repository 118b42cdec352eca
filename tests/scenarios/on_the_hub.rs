//! Stories that are as true of OS Management Hub, told there too. Those that only the hub has say `world: hub` themselves.

use patchtrain::op::Api;

macro_rules! as_true {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            super::tell(stringify!($name), Some(Api::Osmh)).await;
        }
    )*};
}

as_true![
    a_soak_runs_while_the_clocks_change,
    a_reboot_is_told_or_not,
    an_instance_dies_amid_its_update,
    two_apply_one_rollout,
    who_is_ill_holds_the_next_wave,
];
