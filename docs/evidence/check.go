// Checks the records of an evidence package with the Go team's own code: `go run check.go FOLDER`.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type record struct {
	Index int64
	Leaf  string
	Path  []string
}

func must[T any](found T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return found
}

func main() {
	read := func(name string) string { return string(must(os.ReadFile(filepath.Join(os.Args[1], name)))) }
	key := must(note.NewVerifier(strings.TrimSpace(read("vkey"))))
	must(note.Open([]byte(read("evidence.note")), note.VerifierList(key)))
	body := strings.Split(must(note.Open([]byte(read("checkpoint")), note.VerifierList(key))).Text, "\n")
	size, root := must(strconv.ParseInt(body[1], 10, 64)), must(tlog.ParseHash(body[2]))
	check := func(leaf, proof string) {
		var one record
		must(0, json.Unmarshal([]byte(proof), &one))
		var path tlog.RecordProof
		for _, text := range one.Path {
			path = append(path, *(*tlog.Hash)(must(hex.DecodeString(text))))
		}
		if err := tlog.CheckRecord(path, size, root, one.Index, tlog.RecordHash([]byte(leaf))); err != nil {
			log.Fatalf("record %d: %v", one.Index, err)
		}
	}
	proofs := bufio.NewReader(strings.NewReader(read("proofs.jsonl")))
	count := 0
	for _, leaf := range strings.SplitAfter(read("events.jsonl"), "\n") {
		if proof, _ := proofs.ReadString('\n'); leaf != "" || proof != "" {
			check(strings.TrimSuffix(leaf, "\n"), proof)
			count++
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(read("custody.jsonl")), "\n") {
		var one record
		must(0, json.Unmarshal([]byte(line), &one))
		check(one.Leaf, line)
	}
	fmt.Printf("%s: %d records are in the log of %d\n", key.Name(), count, size)
}
