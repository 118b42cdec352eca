# One of canary boots the kernel that it ran: that is remembered, counts, and is not tried over and over.
apply
  > exit 0
set canary reboot = "window"
set canary window = { days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], from = "00:00", to = "00:00", timezone = "UTC" }
bind canary GL1.1
bind web GL1.1
work of web-01 goes well     # its update
work of web-01 fails         # its boot
apply
  > exit 3
  > failed web-01: booted, and it runs
  > not 
  > another kernel may be its default
  ! opened web
rollout of canary
  > stopped
plan
  > can start: no
  > held group.web: stopped
  > held web-01: unbooted

# No later run boots it again, or takes it for at level.
wait 2 h
apply
  > exit 3
  ! opened web
  > 0 changing and

# Somebody has looked into it, and has it booted once more.
resume canary
plan
  > can start: yes
  ! unbooted
apply
  > exit 0
  > opened web after canary
plan
  > canary: 3 of 3 at GL1.1
