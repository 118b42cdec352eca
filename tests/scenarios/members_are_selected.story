# web and backend take in whoever is tagged for them: members come, rest and go with their tags and their power.
select web
select backend
plan
  > web: 0 of 11 at GL1       # web-13 is not known to the service yet
  > backend: 0 of 8 at GL1    # db-04 is stopped
  > held db-04: not-running
  > held web-13: unknown
apply
  > exit 0
  > changing calls as foretold
plan
  > No changes.
  > web: 11 of 11 at GL1
  > held db-04: not-running

# A new one joins and gets the same level.
wait 6 h
plan
  > change web-13
  ! held web-13
apply
  > exit 0
  > changing calls as foretold
plan
  > No changes.
  > web: 12 of 12 at GL1
updates of web-13
  > 1

# A member that is stopped stays, whatever its agent does, and goes on when it is started.
stop web-02
bind web GL1.1
plan
  > web: 0 of 12 at GL1.1
  > held web-02: not-running
  ! change web-02
start web-02
plan
  > change web-02
bind web GL1

# Its agent is silent, too, where it is stopped for longer: it stays all the same.
stop web-03
silence web-03
plan
  > No changes.
  > web: 11 of 12 at GL1
  > held web-03: not-running
  ! drift

# One that is tagged for another group moves there; without a tag, it leaves; terminated, too.
tag web-04 for backend
take the tag off web-05
terminate web-06
plan
  > web: 8 of 9 at GL1
  > backend: 9 of 9 at GL1
  ! drift
apply
  > exit 0
plan
  > No changes.
  > web: 8 of 9 at GL1
  > backend: 9 of 9 at GL1

# An answer is lost, and nobody leaves for it.
by hand: put web-05 into group web
plan
  > drift web-05: joined
apply
  > exit 0
plan
  > No changes.
