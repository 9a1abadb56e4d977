#!/usr/bin/env bash
# 1-KiB puts a second through a door and through Debian's etcd, from the same client in turns: a
# hundred clients on ten connections. Wants h2load (Debian's nghttp2-client), etcd (etcd-server) and a
# release build with the doors. Prints every round and the medians.
#
#   Tests/Comparisons/door-puts.sh .build/release/orrery [ROUNDS]
set -euo pipefail
orrery=${1:?the orrery to measure}
rounds=${2:-5}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT

# A gRPC message with a PutRequest: field 1 the key, field 2 the value of 1024 bytes.
{
  printf '\0\0\0\4\x13\x0a\x0edoor/bench/key\x12\x80\x08'
  printf 'v%.0s' $(seq 1024)
} >"$work/put"

"$orrery" serve --masters 1 --workers 0 --etcd external --etcd-members 1 --paused \
  --etcd-listen 127.0.0.1:23790 >/dev/null &
etcd --data-dir "$work/etcd" --log-level error --quota-backend-bytes 8000000000 \
  --listen-client-urls http://127.0.0.1:23800 --advertise-client-urls http://127.0.0.1:23800 \
  --listen-peer-urls http://127.0.0.1:23801 >/dev/null 2>&1 &
sleep 5

puts() {
  h2load -n 60000 -c 10 -m 10 -H content-type:application/grpc -H te:trailers -d "$work/put" \
    "http://127.0.0.1:$1/etcdserverpb.KV/Put" |
    awk '/finished in/ {rate = int($4)} /requests:/ {ok = $8} END {print ok == 60000 ? rate : -1}'
}
median() { sort -n "$1" | awk '{rate[NR] = $1} END {print rate[int((NR + 1) / 2)]}'; }

for round in $(seq "$rounds"); do
  puts 23790 >>"$work/ours"
  puts 23800 >>"$work/theirs"
  echo "round $round: orrery $(tail -1 "$work/ours"), etcd $(tail -1 "$work/theirs")"
done
echo "median: orrery $(median "$work/ours"), etcd $(median "$work/theirs") puts/s"
