# The canary goes first; web follows once it is at level, and backend once web is.
apply
  > exit 0
bind canary GL1.1
plan
  > change group.canary
  ! web-02
  ! db-02
apply
  > exit 0
  > changing calls as foretold
plan
  > No changes.
  > canary: 3 of 3 at GL1.1
  > web: 11 of 12 at GL1
bind web GL1.1
bind backend GL1.1
apply
  > exit 0
  ! opened web after canary          # It is at level already: no gate is needed.
  > opened backend after web
plan
  > No changes.
  > web: 11 of 12 at GL1.1
  > backend: 8 of 9 at GL1.1

# A gate that cannot open holds what stands behind it.
silence web-01
bind canary GL1
bind web GL1
plan
  > held group.web: gate
  > held web-01: unreachable
