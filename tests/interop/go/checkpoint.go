package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkpoint reads a signed note file that one of the keys signed.
func checkpoint(file string, vkeys ...string) (tlog.Tree, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return tlog.Tree{}, err
	}
	tree, _, err := openCheckpoint(data, vkeys...)
	return tree, err
}

// openCheckpoint returns what a signed note says and the keys (each as its name and hash) that signed it.
func openCheckpoint(data []byte, vkeys ...string) (tlog.Tree, map[string]bool, error) {
	known := []note.Verifier{}
	for _, vkey := range vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return tlog.Tree{}, nil, err
		}
		known = append(known, verifier)
	}
	opened, err := note.Open(data, note.VerifierList(known...))
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	signers := map[string]bool{}
	lines := strings.Split(opened.Text, "\n")
	for _, signature := range opened.Sigs {
		if lines[0] == signature.Name {
			signers[fmt.Sprintf("%s+%08x", signature.Name, signature.Hash)] = true
		}
	}
	if len(lines) != 4 || len(signers) == 0 {
		return tlog.Tree{}, nil, fmt.Errorf("not a checkpoint of the log whose key signed it")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, signers, err
}
