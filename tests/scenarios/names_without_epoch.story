# The service's package names lack the epoch; only the version has it.
world: names without epoch
apply
  > exit 0
plan
  > No changes.
bind canary GL1.1
apply
  > exit 0
plan
  > No changes.
  > canary: 3 of 3 at GL1.1
