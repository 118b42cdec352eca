# canary takes security updates only: its level counts nothing else, and is proven by what the service lists.
update security on canary
plan
  > canary: 0 of 3 at GL1
apply
  > exit 0
  > changing calls as foretold
plan
  > No changes.
  > canary: 3 of 3 at GL1
# With everything asked for, the same instances are behind, and nobody calls that drift.
update all on canary
plan
  ! drift
  > canary: 0 of 3 at GL1
  > change web-01
apply
  > exit 0
  > changing calls as foretold
plan
  > No changes.
  > canary: 3 of 3 at GL1
# Nothing updates backend now: what was proven stays so, but there is no level to be had any more.
update none on backend
bind backend GL1.1
apply
  > exit 0
plan
  > No changes.
  > backend: 0 of 9 at GL1.1
  > held group.backend: no-updates
