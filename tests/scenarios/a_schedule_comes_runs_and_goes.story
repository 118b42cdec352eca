# A group leaves its security updates to the service: made with the group, waited for, proven once it has run.
update none on canary
schedule security every 1 week from 2026-11-21T02:00:00Z on canary
apply
  > held web-01: schedule
  > add schedule.canary
  > exit 0
jobs
  > great-linux/canary: security every 1 week next 2026-11-21T02:00:00Z never ran
plan
  > can start: no
  > held group.web: gate
  > held web-01: schedule
# It runs by the service's clock. That its next run has moved on is nothing to tell.
wait 120 h
jobs
  > great-linux/canary: security every 1 week next 2026-11-28T02:00:00Z ran
plan
  ! drift
  ! schedule
  > canary: 3 of 3 at GL1
apply
  > exit 0
  > opened
  > changing calls as foretold
plan
  > No changes.
# Somebody has it run more often: drift, and put right.
by hand: run the job of canary every 3 days
plan
  > drift schedule.canary: schedule
  > change schedule.canary
apply
  > exit 0
jobs
  > every 1 week next 2026-11-28T02:00:00Z
# Another schedule in the train is a change and no drift.
schedule all every 12 hours from 2026-11-21T02:00:00Z on canary
plan
  ! drift
  > change schedule.canary
apply
  > exit 0
jobs
  > great-linux/canary: all every 12 hours
# A group takes its schedule with it, in whatever weather.
calls break after they are served
drop canary
apply
  > destroy group.canary
  > destroy schedule.canary
calm
apply
plan
  > No changes.
jobs
  ! canary
