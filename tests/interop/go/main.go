// Check a log the way the Go checksum database does, with code that shares nothing with Clearcut:
// golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog.
//
//	check inclusion VKEY NOTE INDEX LEAF PROOF
//	check consistency VKEY OLDNOTE NOTE PROOF
//
// NOTE, LEAF and PROOF are files; PROOF holds one base64 hash per line. Exit status 0: accepted, 1: rejected.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println("rejected:", err)
		os.Exit(1)
	}
	fmt.Println("accepted")
}

func run(args []string) error {
	if len(args) == 6 && args[0] == "inclusion" {
		return inclusion(args[1], args[2], args[3], args[4], args[5])
	}
	if len(args) == 5 && args[0] == "consistency" {
		return consistency(args[1], args[2], args[3], args[4])
	}
	return fmt.Errorf("usage: inclusion VKEY NOTE INDEX LEAF PROOF | consistency VKEY OLDNOTE NOTE PROOF")
}

func inclusion(vkey, noteFile, index, leafFile, proofFile string) error {
	size, root, err := checkpoint(vkey, noteFile)
	if err != nil {
		return err
	}
	leaf, err := os.ReadFile(leafFile)
	if err != nil {
		return err
	}
	proof, err := hashes(proofFile)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(index, 10, 64)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, size, root, n, tlog.RecordHash(leaf))
}

func consistency(vkey, oldFile, newFile, proofFile string) error {
	oldSize, oldRoot, err := checkpoint(vkey, oldFile)
	if err != nil {
		return err
	}
	size, root, err := checkpoint(vkey, newFile)
	if err != nil {
		return err
	}
	proof, err := hashes(proofFile)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, size, root, oldSize, oldRoot)
}

func checkpoint(vkey, file string) (int64, tlog.Hash, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return 0, tlog.Hash{}, fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return size, root, err
}

func hashes(file string) ([]tlog.Hash, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	found := []tlog.Hash{}
	for _, line := range strings.Fields(string(data)) {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}
