package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

func inclusion(vkey, noteFile, index, leafFile, proofFile string) (string, error) {
	tree, err := checkpoint(noteFile, vkey)
	if err != nil {
		return "", err
	}
	leaf, err := os.ReadFile(leafFile)
	if err != nil {
		return "", err
	}
	proof, err := hashes(proofFile)
	if err != nil {
		return "", err
	}
	n, err := strconv.ParseInt(index, 10, 64)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("entry %d of %d", n, tree.N), tlog.CheckRecord(proof, tree.N, tree.Hash, n, tlog.RecordHash(leaf))
}

func consistency(vkey, oldFile, newFile, proofFile string) (string, error) {
	old, err := checkpoint(oldFile, vkey)
	if err != nil {
		return "", err
	}
	tree, err := checkpoint(newFile, vkey)
	if err != nil {
		return "", err
	}
	proof, err := hashes(proofFile)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("grew from %d to %d", old.N, tree.N), tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
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
