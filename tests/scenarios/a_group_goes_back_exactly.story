# The way back from GL1.1 to GL1, without and with `enforce = "exact"`.
apply
  > exit 0
bind canary GL1.1
apply
  > exit 0
bind canary GL1
# Without, the plan tells what stays newer.
plan
  > canary: 0 of 3 at GL1
  > ahead web-01
apply
  > exit 0
set canary enforce = "exact"
plan
  > exact web-01
# A lost answer or a dead process in between is gone on from where it was: what is done is read back.
cut after 30 changes
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
  > canary: 3 of 3 at GL1
  ! exact
