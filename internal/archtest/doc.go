// Package archtest holds the tests that keep the shape of the code: who may import
// whom, and the rules of style that a compiler does not know. It has no code of its own.
package archtest
