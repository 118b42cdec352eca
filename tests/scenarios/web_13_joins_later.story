# web-13 was enrolled a moment ago; the service gets to know it after six hours, and the next apply takes it in.
apply
  > held web-13: unknown
  > exit 0
wait 5 h
plan
  > No changes.
  > held web-13: unknown
wait 1 h
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
