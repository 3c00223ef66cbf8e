package event

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Amount is a positive decimal number: at most 15 integer digits and 4
// decimals. It keeps the decimals it was written with (1.50 stays 1.50), and it
// never passes through a float. The zero value is not an amount.
type Amount struct{ text string }

// Reasons why a number is not an amount.
var (
	ErrAmountSyntax    = errors.New("is not a JSON number")
	ErrAmountSign      = errors.New("must be greater than 0")
	ErrAmountTooLarge  = fmt.Errorf("has more than %d integer digits", contract.AmountIntegerDigits)
	ErrAmountPrecision = fmt.Errorf("has more than %d decimals", contract.AmountDecimals)
)

// ParseAmount reads a JSON number, exponent included. Decimals that are zero
// beyond the fourth are dropped, since they change nothing. Returns
// ErrAmountSyntax, ErrAmountSign, ErrAmountTooLarge or ErrAmountPrecision.
func ParseAmount(literal string) (Amount, error) {
	if plainAmount(literal) {
		return Amount{literal}, nil
	}
	n, ok := splitNumber(literal)
	if !ok {
		return Amount{}, ErrAmountSyntax
	}
	digits := strings.TrimLeft(n.whole+n.fraction, "0")
	if n.negative || digits == "" {
		return Amount{}, ErrAmountSign
	}
	scale := len(n.fraction) - n.shift
	for scale > contract.AmountDecimals && strings.HasSuffix(digits, "0") {
		digits, scale = digits[:len(digits)-1], scale-1
	}
	if scale > contract.AmountDecimals {
		return Amount{}, ErrAmountPrecision
	}
	if len(digits)-scale > contract.AmountIntegerDigits {
		return Amount{}, ErrAmountTooLarge
	}
	if scale <= 0 {
		return Amount{digits + strings.Repeat("0", -scale)}, nil
	}
	if pad := scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	point := len(digits) - scale
	return Amount{digits[:point] + "." + digits[point:]}, nil
}

// plainAmount reports whether a text is an amount as String returns it: nearly all
// are sent so.
func plainAmount(text string) bool {
	whole, above := 0, false
	for whole < len(text) && isDigit(text[whole]) {
		above = above || text[whole] != '0'
		whole++
	}
	if whole == 0 || whole > contract.AmountIntegerDigits || (whole > 1 && text[0] == '0') {
		return false
	}
	if whole == len(text) {
		return above
	}
	decimals := text[whole+1:]
	if text[whole] != '.' || len(decimals) == 0 || len(decimals) > contract.AmountDecimals {
		return false
	}
	for i := range len(decimals) {
		if !isDigit(decimals[i]) {
			return false
		}
		above = above || decimals[i] != '0'
	}
	return above
}

// String returns the amount in plain notation, with the decimals it has.
func (a Amount) String() string { return a.text }

// Scale returns the number of decimals, 0 to 4.
func (a Amount) Scale() int {
	_, fraction, _ := strings.Cut(a.text, ".")
	return len(fraction)
}

// MarshalJSON writes the amount as a JSON number.
func (a Amount) MarshalJSON() ([]byte, error) {
	if a.text == "" {
		return nil, errors.New("marshal amount: no amount set")
	}
	return []byte(a.text), nil
}

// number is a JSON number taken apart: whole.fraction × 10^shift.
type number struct {
	negative        bool
	whole, fraction string
	shift           int
}

// farthestShift stands for every exponent beyond it. It is larger than any
// literal is long, and small enough that sums with a length cannot overflow.
const farthestShift = 1 << 30

func splitNumber(literal string) (n number, ok bool) {
	mantissa, exponent := literal, "0"
	if i := strings.IndexAny(literal, "eE"); i >= 0 {
		mantissa, exponent = literal[:i], literal[i+1:]
	}
	mantissa, n.negative = strings.CutPrefix(mantissa, "-")
	var hasPoint bool
	n.whole, n.fraction, hasPoint = strings.Cut(mantissa, ".")
	if !digitsOnly(n.whole) || (hasPoint && !digitsOnly(n.fraction)) || (len(n.whole) > 1 && n.whole[0] == '0') {
		return number{}, false
	}
	if !digitsOnly(unsigned(exponent)) {
		return number{}, false
	}
	shift, err := strconv.ParseInt(exponent, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return number{}, false
	}
	n.shift = int(max(-farthestShift, min(shift, farthestShift))) // out of range, shift is the nearest int64
	return n, true
}

func unsigned(integer string) string {
	if integer != "" && (integer[0] == '-' || integer[0] == '+') {
		return integer[1:]
	}
	return integer
}

func digitsOnly(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
