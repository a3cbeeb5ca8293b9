# How does this VM get to its manager, before it has a disk? Sourced by launch; needs iproute2, and klibc's ipconfig for DHCP over IPv4.
# Plans come from the measured kernel command line alone (docs/agent.md): portcullis.net=DEVICE,HOW[,gw=A][,dns=A], or ip=.
# Must never evaluate what a DHCP server, the host's own, has said: its answers are read as addresses, or not at all.

network_plans=""
network_wait=30
network_watcher=""
network_servers=/etc/resolv.conf
network_seen=""
network_jobs=""

# Sets network_plans and network_wait. Fails with a sentence in $network_fault where a word is not understood: a typing error is no default.
network_read() {
  network_fault=""
  for word in $1; do
    case $word in
      portcullis.net=*)
        network_understood "${word#*=}" || network_fault="portcullis.net= is not understood: $word"
        network_plans="$network_plans ${word#*=}"
        ;;
      ip=*) network_from_ip "${word#ip=}" || network_fault="ip= is not understood: $word" ;;
      portcullis.wait=*)
        network_wait=${word#*=}
        case $network_wait in
          [1-9] | [1-9][0-9] | [1-5][0-9][0-9] | 600) ;;
          *) network_fault="portcullis.wait= takes 1 to 600 seconds: $word" ;;
        esac
        ;;
    esac
  done
  [ -n "$network_plans" ] || network_plans="any,dhcp"
  [ -z "$network_fault" ]
}

# Is this a plan? Only its letters are looked at: an address that is none is ip's to refuse.
network_understood() {
  old_ifs=$IFS
  IFS=,
  # shellcheck disable=SC2086
  set -- $1
  IFS=$old_ifs
  # A name has no colon, and the kernel writes a MAC address in small letters.
  case ${1:-} in "" | *[!0-9A-Za-z.:_-]* | *:*[!0-9a-f:]* | *[!0-9a-f:]*:*) return 1 ;; esac
  case ${2:-} in
    dhcp | auto6) ;;
    *[!0-9a-fA-F.:/]* | */*/* | */) return 1 ;;
    *.*/* | *:*/*) ;;
    *) return 1 ;;
  esac
  shift 2
  for more in "$@"; do
    case $more in gw=?* | dns=?*) ;; *) return 1 ;; esac
    case ${more#*=} in *[!0-9a-fA-F.:]*) return 1 ;; esac
  done
}

# The kernel's form for IPv4: client:server:gateway:netmask:host:device:how:dns:dns, or one word.
network_from_ip() {
  case $1 in
    dhcp | on | any) network_plans="$network_plans any,dhcp"; return 0 ;;
    none | off) return 0 ;;
    *[!0-9A-Za-z.:_-]*) return 1 ;;
  esac
  old_ifs=$IFS
  IFS=:
  # shellcheck disable=SC2086
  set -- $1
  IFS=$old_ifs
  # dracut's device:dhcp
  if [ $# -eq 2 ] && [ "$2" = dhcp ]; then network_plans="$network_plans $1,dhcp"; return 0; fi
  [ $# -ge 4 ] && [ $# -le 9 ] || return 1
  device=${6:-any}
  case ${7:-none} in
    dhcp | on | any) network_plans="$network_plans $device,dhcp"; return 0 ;;
    none | off) ;;
    *) return 1 ;;
  esac
  length=$(network_length "$4") || return 1
  [ -n "$1" ] || return 1
  plan="$device,$1/$length${3:+,gw=$3}${8:+,dns=$8}${9:+,dns=$9}"
  network_understood "$plan" || return 1
  network_plans="$network_plans $plan"
}

# A netmask as a prefix length; a length is taken as it is.
network_length() {
  case $1 in
    [0-9] | [12][0-9] | 3[0-2]) echo "$1"; return 0 ;;
    *.*.*.*) ;;
    *) return 1 ;;
  esac
  rest=$1.
  bits=0
  while [ -n "$rest" ]; do
    case ${rest%%.*} in
      255) bits=$((bits + 8)) ;;
      254) bits=$((bits + 7)) ;;
      252) bits=$((bits + 6)) ;;
      248) bits=$((bits + 5)) ;;
      240) bits=$((bits + 4)) ;;
      224) bits=$((bits + 3)) ;;
      192) bits=$((bits + 2)) ;;
      128) bits=$((bits + 1)) ;;
      0) ;;
      *) return 1 ;;
    esac
    rest=${rest#*.}
  done
  echo "$bits"
}

# Returns when a planned device has an address, or after network_wait seconds: devices are looked for all the same, for as long as the agent tries.
network_up() {
  network_watch &
  network_watcher=$!
  read -r now rest < /proc/uptime
  end=$((${now%.*} + network_wait))
  until network_ready; do
    read -r now rest < /proc/uptime
    [ "${now%.*}" -lt "$end" ] || return 1
    sleep 0.2
  done
}

# A device, and a link, may come late. Ended by network_down.
network_watch() {
  trap network_end TERM
  while :; do
    for plan in $network_plans; do network_apply "$plan"; done
    network_pause 0.5
  done
}

# So that a signal is heard at once, and what is waited for does not stay.
network_pause() {
  sleep "$1" &
  wait $!
}

# Once for each plan and device.
network_apply() {
  for device in $(network_devices "${1%%,*}"); do
    case " $network_seen " in
      *" $1@$device "*) continue ;;
      # A fixed address is for one device.
      *" $1@"*) case $1 in *,dhcp* | *,auto6*) ;; *) continue ;; esac ;;
    esac
    network_seen="$network_seen $1@$device"
    ip link set dev "$device" up
    network_configure "$device" "${1#*,}"
  done
}

# By name, by MAC address, or any: every Ethernet device, for DHCP; for a fixed address the first.
network_devices() {
  # In a subshell of its caller: names are made from patterns here and nowhere else.
  set +f
  for folder in /sys/class/net/*; do
    name=${folder##*/}
    type=""
    address=""
    read -r type 2> /dev/null < "$folder/type"
    read -r address 2> /dev/null < "$folder/address"
    [ "$type" = 1 ] || continue
    case $1 in any | "$name" | "$address") echo "$name" ;; esac
  done
}

# $2: dhcp | auto6 | ADDRESS/LENGTH, then gw= and dns= words.
network_configure() {
  configured=$1
  old_ifs=$IFS
  IFS=,
  # shellcheck disable=SC2086
  set -- $2
  IFS=$old_ifs
  for word in "$@"; do
    case $word in
      dhcp) network_dhcp "$configured" & network_jobs="$network_jobs $!" ;;
      # The kernel does it as soon as the link is up.
      auto6) ;;
      gw=*)
        # A gateway outside the network, as with /32 and /128, is reached through the device.
        ip route replace "${word#gw=}" dev "$configured"
        ip route replace default via "${word#gw=}" dev "$configured" onlink
        ;;
      dns=*) network_name_server "${word#dns=}" ;;
      *:*/*) ip addr replace "$word" dev "$configured" nodad ;;
      *.*/*) ip addr replace "$word" dev "$configured" ;;
    esac
  done
}

network_dhcp() {
  trap 'kill $! 2> /dev/null; wait; exit' TERM
  # There is an address before there is all of the answer.
  : > "/run/net-$1.unread"
  patience=4
  until [ -s "/run/net-$1.conf" ]; do
    until network_link "$1"; do network_pause 0.2; done
    ipconfig -c dhcp -t "$patience" -d "$1" > /dev/null 2>&1 &
    wait $!
    [ "$patience" -gt 16 ] || patience=$((patience * 2))
    [ -s "/run/net-$1.conf" ] || network_pause 1
  done
  network_dhcp_answer "$1" < "/run/net-$1.conf"
  rm -f "/run/net-$1.unread"
}

# SECURITY: words of the host's. Nothing but an address of IPv4 gets through.
network_dhcp_answer() {
  while IFS="=" read -r key value; do
    value=${value#\'}
    value=${value%\'}
    case $value in "" | 0.0.0.0 | *[!0-9.]*) continue ;; esac
    case $key in
      IPV4DNS0 | IPV4DNS1) network_name_server "$value" ;;
      IPV4GATEWAY) ip route replace default via "$value" dev "$1" onlink ;;
    esac
  done
}

network_name_server() {
  case $1 in "" | *[!0-9a-fA-F.:]*) return 0 ;; esac
  echo "nameserver $1" >> "$network_servers"
}

network_link() {
  carrier=0
  read -r carrier 2> /dev/null < "/sys/class/net/$1/carrier"
  [ "$carrier" = 1 ]
}

# An address that more than the device itself can reach, on a device with a link.
network_ready() {
  ip -o addr show up 2> /dev/null | {
    while read -r number device family address rest; do
      case " $rest " in *" scope host "* | *" scope link "* | *" tentative "*) continue ;; esac
      [ "$family" != inet ] || [ ! -e "/run/net-$device.unread" ] || continue
      ! network_link "$device" || exit 0
    done
    exit 1
  }
}

# The running system finds its devices as the kernel made them.
network_down() {
  [ -n "$network_watcher" ] || return 0
  kill "$network_watcher"
  wait "$network_watcher"
}

network_end() {
  # shellcheck disable=SC2086
  kill $! $network_jobs 2> /dev/null
  wait
  for seen in $network_seen; do
    ip addr flush dev "${seen##*@}"
    ip link set dev "${seen##*@}" down
    rm -f "/run/net-${seen##*@}.conf" "/run/net-${seen##*@}.unread"
  done 2> /dev/null
  rm -f "$network_servers"
  exit 0
}
