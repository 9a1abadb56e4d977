// Proposals through three in-memory members of etcd's own Raft on one core, wired and counted as
// `orrery bench raft-proposals` does it: each batch is on every member's log, committed and applied
// everywhere before the next is proposed. The library is Debian's (golang-go, golang-etcd-server-dev).
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run Tests/Comparisons/raft-proposals.go [BATCH [COUNT]]
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"go.etcd.io/etcd/raft"
	"go.etcd.io/etcd/raft/raftpb"
)

const kept = 5000

type group struct {
	nodes   [3]*raft.RawNode
	stores  [3]*raft.MemoryStorage
	applied [3]int
	queue   []raftpb.Message
}

func newGroup() *group {
	g := &group{}
	for i := range g.nodes {
		store := raft.NewMemoryStorage()
		must(store.ApplySnapshot(raftpb.Snapshot{Metadata: raftpb.SnapshotMetadata{
			Index: 1, Term: 1, ConfState: raftpb.ConfState{Voters: []uint64{1, 2, 3}}}}))
		node, err := raft.NewRawNode(&raft.Config{
			ID: uint64(i + 1), ElectionTick: 10, HeartbeatTick: 1, Storage: store, Applied: 1,
			MaxSizePerMsg: 1 << 20, MaxInflightMsgs: 512, PreVote: true, CheckQuorum: true})
		must(err)
		g.nodes[i], g.stores[i] = node, store
	}
	must(g.nodes[0].Campaign())
	g.settle()
	return g
}

func (g *group) propose(batch, count int) {
	payload := make([]byte, 100)
	for n := 0; n < count/batch; n++ {
		entries := make([]raftpb.Entry, batch)
		for i := range entries {
			entries[i].Data = payload
		}
		must(g.nodes[0].Step(raftpb.Message{Type: raftpb.MsgProp, From: 1, Entries: entries}))
		g.settle()
	}
}

func (g *group) settle() {
	for {
		for i := range g.nodes {
			g.handle(i)
		}
		messages := g.queue
		g.queue = nil
		if len(messages) == 0 {
			return
		}
		for _, m := range messages {
			must(g.nodes[m.To-1].Step(m))
		}
	}
}

func (g *group) handle(i int) {
	node, store := g.nodes[i], g.stores[i]
	for node.HasReady() {
		ready := node.Ready()
		if !raft.IsEmptyHardState(ready.HardState) {
			must(store.SetHardState(ready.HardState))
		}
		must(store.Append(ready.Entries))
		var last uint64
		for _, entry := range ready.CommittedEntries {
			if len(entry.Data) > 0 {
				g.applied[i]++
			}
			last = entry.Index
		}
		g.queue = append(g.queue, ready.Messages...)
		node.Advance(ready)
		first, _ := store.FirstIndex()
		end, _ := store.LastIndex()
		if last > first+kept && end > first+2*kept {
			must(store.Compact(last - kept))
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func argument(place, standard int) int {
	if len(os.Args) > place {
		number, err := strconv.Atoi(os.Args[place])
		must(err)
		return number
	}
	return standard
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	seconds := usage.Utime.Sec + usage.Stime.Sec
	return float64(seconds) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

func main() {
	runtime.GOMAXPROCS(1)
	raft.SetLogger(&raft.DefaultLogger{Logger: log.New(io.Discard, "", 0)})
	batch := argument(1, 1)
	count := argument(2, 100000)
	g := newGroup()
	g.propose(batch, count/10)
	before := cpuSeconds()
	g.propose(batch, count)
	seconds := cpuSeconds() - before
	want := (count/10/batch + count/batch) * batch
	if g.applied != [3]int{want, want, want} {
		panic(fmt.Sprint("applied ", g.applied, ", wanted ", want))
	}
	fmt.Printf("{\"benchmark\":\"etcd-raft-proposals\",\"batch\":%d,\"proposals\":%d,\"proposalsPerSecond\":%.0f}\n",
		batch, count, float64(count)/seconds)
}
