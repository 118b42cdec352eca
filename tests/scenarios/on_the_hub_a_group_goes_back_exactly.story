world: hub
# The way back from GL1.1 to GL1, without and with `enforce = "exact"`: a group is sent back as a whole.
apply
  > exit 0
bind canary GL1.1
apply
  > exit 0
bind canary GL1
plan
  > canary: 0 of 3 at GL1
  > ahead web-01
apply
  > exit 0
set canary enforce = "exact"
plan
  > exact web-01
# The process dies while the group is sent back. What it asked for is waited for. What one of them cannot get nobody is asked
# to install.
cut after 0 changes
apply
  > cut
apply
  > exit 0
# What is newer of kernels stays until the train says otherwise.
plan
  > canary: 0 of 3 at GL1
  > held web-01: inexact
  > 0 changing calls
set canary remove_extras = true
calls break after they are served
apply
calm
apply
  > exit 0
plan
  > canary: 0 of 3 at GL1
  > held web-01: inexact
  > 0 changing calls
db-01 beside GL1
  > 1 besides: ksplice
