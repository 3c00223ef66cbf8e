package event_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/event"
)

var amountCases = []struct {
	literal string
	want    string
	err     error
}{
	{"0.1", "0.1", nil},
	{"99.99", "99.99", nil},
	{"123456789012345.6789", "123456789012345.6789", nil},
	{"999999999999999.9999", "999999999999999.9999", nil},
	{"1", "1", nil},
	{"1.50", "1.50", nil},
	{"1.0000", "1.0000", nil},
	{"1.50000000", "1.5000", nil},
	{"0.00010", "0.0001", nil},
	{"0.0001", "0.0001", nil},
	{"100", "100", nil},
	{"1e2", "100", nil},
	{"1E+2", "100", nil},
	{"100e-2", "1.00", nil},
	{"1e-4", "0.0001", nil},
	{"1e14", "100000000000000", nil},
	{"0.1e15", "100000000000000", nil},
	{"1.5e00000000000000000000000000000002", "150", nil},
	{"0." + strings.Repeat("0", 5000) + "1e5001", "1", nil},
	{"1" + strings.Repeat("0", 5000) + "e-5000", "1.0000", nil},

	{"0", "", event.ErrAmountSign},
	{"-0", "", event.ErrAmountSign},
	{"-1", "", event.ErrAmountSign},
	{"0.0000", "", event.ErrAmountSign},
	{"-0.0", "", event.ErrAmountSign},
	{"0e99999999999999999999", "", event.ErrAmountSign},

	{"0.00001", "", event.ErrAmountPrecision},
	{"1.23456", "", event.ErrAmountPrecision},
	{"1e-5", "", event.ErrAmountPrecision},
	{"1e-400", "", event.ErrAmountPrecision},
	{"1e-9223372036854775808", "", event.ErrAmountPrecision},
	{"1e-99999999999999999999", "", event.ErrAmountPrecision},

	{"1234567890123456", "", event.ErrAmountTooLarge},
	{"1000000000000000", "", event.ErrAmountTooLarge},
	{"1e15", "", event.ErrAmountTooLarge},
	{"1.0e15", "", event.ErrAmountTooLarge},
	{"1e400", "", event.ErrAmountTooLarge},
	{"1e9223372036854775807", "", event.ErrAmountTooLarge},
	{"1e99999999999999999999", "", event.ErrAmountTooLarge},

	{"", "", event.ErrAmountSyntax},
	{"01", "", event.ErrAmountSyntax},
	{"00", "", event.ErrAmountSyntax},
	{"1.", "", event.ErrAmountSyntax},
	{".5", "", event.ErrAmountSyntax},
	{".", "", event.ErrAmountSyntax},
	{"-", "", event.ErrAmountSyntax},
	{"--1", "", event.ErrAmountSyntax},
	{"+1", "", event.ErrAmountSyntax},
	{"1e", "", event.ErrAmountSyntax},
	{"e1", "", event.ErrAmountSyntax},
	{"1e+", "", event.ErrAmountSyntax},
	{"1e1.5", "", event.ErrAmountSyntax},
	{"1e1e1", "", event.ErrAmountSyntax},
	{"0ex", "", event.ErrAmountSyntax},
	{"1e1_0", "", event.ErrAmountSyntax},
	{"1e-+1", "", event.ErrAmountSyntax},
	{"1e+-1", "", event.ErrAmountSyntax},
	{"1e18700000000000000000A", "", event.ErrAmountSyntax},
	{"1 ", "", event.ErrAmountSyntax},
	{"1,5", "", event.ErrAmountSyntax},
	{"1.2.3", "", event.ErrAmountSyntax},
	{"0x10", "", event.ErrAmountSyntax},
	{"NaN", "", event.ErrAmountSyntax},
	{"Infinity", "", event.ErrAmountSyntax},
	{"١", "", event.ErrAmountSyntax},
	{"\"1\"", "", event.ErrAmountSyntax},
}

func TestParseAmount(t *testing.T) {
	t.Parallel()
	for _, c := range amountCases {
		t.Run(fmt.Sprintf("%.40q", c.literal), func(t *testing.T) {
			t.Parallel()
			amount, err := event.ParseAmount(c.literal)
			if amount.String() != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("ParseAmount = %q, %v; want %q, %v", amount, err, c.want, c.err)
			}
			if _, decimals, _ := strings.Cut(c.want, "."); amount.Scale() != len(decimals) {
				t.Errorf("Scale of %s = %d, want %d", amount, amount.Scale(), len(decimals))
			}
		})
	}
}

var (
	jsonNumber  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
	amountShape = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?$`)
	smallest    = big.NewRat(1, 10_000)
	tooLarge    = new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(15), nil))
)

// checkAmount compares ParseAmount with exact rational arithmetic.
func checkAmount(t *testing.T, literal string) {
	t.Helper()
	amount, err := event.ParseAmount(literal)
	if !jsonNumber.MatchString(literal) {
		if !errors.Is(err, event.ErrAmountSyntax) {
			t.Fatalf("ParseAmount(%q) = %q, %v; it is no JSON number", literal, amount, err)
		}
		return
	}
	if _, exponent, found := strings.Cut(strings.ToLower(literal), "e"); found && len(exponent) > 5 {
		return // big.Rat would need the memory that ParseAmount must not take
	}
	value, ok := new(big.Rat).SetString(literal)
	if !ok {
		t.Fatalf("big.Rat does not read %q", literal)
	}
	if err != nil {
		scaled := new(big.Rat).Mul(value, big.NewRat(10_000, 1))
		if value.Sign() > 0 && value.Cmp(tooLarge) < 0 && scaled.IsInt() {
			t.Fatalf("ParseAmount(%q) = %v, but it is within the limits", literal, err)
		}
		return
	}
	if !amountShape.MatchString(amount.String()) {
		t.Fatalf("ParseAmount(%q) = %q, which has another shape", literal, amount)
	}
	back, ok := new(big.Rat).SetString(amount.String())
	if !ok || back.Cmp(value) != 0 || back.Cmp(smallest) < 0 {
		t.Fatalf("ParseAmount(%q) = %q, another value", literal, amount)
	}
	again, err := event.ParseAmount(amount.String())
	if err != nil || again != amount {
		t.Fatalf("ParseAmount(%q) = %q, %v; it was an amount before", amount, again, err)
	}
	if exponentFree := !strings.ContainsAny(literal, "eE"); exponentFree && len(literal) <= len(amount.String()) && literal != amount.String() {
		t.Fatalf("ParseAmount(%q) = %q, not as it was written", literal, amount)
	}
}

func TestParseAmount_agrees_with_exact_arithmetic(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(byte('0' + random.IntN(10)))
		}
		return b.String()
	}
	for range 20_000 {
		literal := strings.TrimLeft(digits(random.IntN(18)), "0")
		if literal == "" {
			literal = "0"
		}
		if n := random.IntN(7); n > 0 {
			literal += "." + digits(n) + strings.Repeat("0", random.IntN(3))
		}
		if random.IntN(3) == 0 {
			literal += fmt.Sprintf("e%d", random.IntN(40)-20)
		}
		if random.IntN(20) == 0 {
			literal = "-" + literal
		}
		checkAmount(t, literal)
	}
}

func FuzzParseAmount(f *testing.F) {
	for _, c := range amountCases {
		f.Add(c.literal)
	}
	f.Fuzz(checkAmount)
}

func TestAmount_marshals_as_the_number_it_is(t *testing.T) {
	t.Parallel()
	amount, err := event.ParseAmount("123456789012345.6700")
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]event.Amount{"amount": amount})
	if err != nil || string(body) != `{"amount":123456789012345.6700}` {
		t.Errorf("Marshal = %s, %v", body, err)
	}
}

func TestAmount_that_is_none_does_not_marshal(t *testing.T) {
	t.Parallel()
	if body, err := json.Marshal(event.Amount{}); err == nil || !strings.Contains(err.Error(), "no amount set") {
		t.Errorf("Marshal = %s, %v; want an error", body, err)
	}
}
