package cloudwatch

import (
	"fmt"
	"math"
)

// value is one series or an array of them; a point that is NaN is missing. A scalar is a
// series without an end.
type value struct {
	series [][]float64
	scalar bool
	array  bool
}

func scalar(v float64, length int) value {
	series := make([]float64, length)
	for i := range series {
		series[i] = v
	}
	return value{series: [][]float64{series}, scalar: true}
}

// series computes an expression over points of so many periods; lookup has what the ids
// stand for.
func (n node) series(length int, lookup func(id string) ([]float64, error)) ([]float64, error) {
	v, err := n.evaluate(length, lookup)
	if err == nil && (v.array || v.scalar) {
		err = fmt.Errorf("the result must be one time series")
	}
	if err != nil {
		return nil, err
	}
	return v.series[0], nil
}

func (n node) evaluate(length int, lookup func(string) ([]float64, error)) (value, error) {
	switch n.operator {
	case "number":
		return scalar(n.number, length), nil
	case "id":
		if n.text == "REPEAT" {
			return value{}, nil // FILL reads the word
		}
		series, err := lookup(n.text)
		return value{series: [][]float64{series}}, err
	}
	of := make([]value, len(n.of))
	for i, part := range n.of {
		var err error
		if of[i], err = part.evaluate(length, lookup); err != nil {
			return value{}, err
		}
	}
	if n.operator == "array" {
		out := value{array: true}
		for _, v := range of {
			out.series = append(out.series, v.series...)
		}
		return out, nil
	}
	if function, is := mathFunctions()[n.operator]; is {
		v, err := function(n, of)
		if err != nil {
			err = fmt.Errorf("%s: %w", n.operator, err)
		}
		return v, err
	}
	if len(of[0].series) != 1 || len(of[1].series) != 1 {
		return value{}, fmt.Errorf("%s: an operator over an array is not supported", n.operator)
	}
	out := value{series: [][]float64{make([]float64, length)}, scalar: of[0].scalar && of[1].scalar}
	for i := range length {
		out.series[0][i] = operate(n.operator, of[0].at(i), of[1].at(i), of[0].scalar, of[1].scalar)
	}
	return out, nil
}

func (v value) at(i int) float64 { return v.series[0][i] }

// operate computes one point. Of two series, the one that lacks the point counts as 0; a
// point that no series has stays missing; one that divides by zero is dropped.
func operate(operator string, a, b float64, scalarA, scalarB bool) float64 {
	if (math.IsNaN(a) || scalarA) && (math.IsNaN(b) || scalarB) && !(scalarA && scalarB) {
		return math.NaN()
	}
	a, b = orZero(a), orZero(b)
	truth := func(holds bool) float64 {
		if holds {
			return 1
		}
		return 0
	}
	switch operator {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		if b == 0 {
			return math.NaN()
		}
		return a / b
	case "==":
		return truth(a == b)
	case "!=":
		return truth(a != b)
	case "<":
		return truth(a < b)
	case "<=":
		return truth(a <= b)
	case ">":
		return truth(a > b)
	case ">=":
		return truth(a >= b)
	case "AND":
		return truth(a != 0 && b != 0)
	default: // OR
		return truth(a != 0 || b != 0)
	}
}

func orZero(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// mathFunctions are those that are supported, over their arguments.
func mathFunctions() map[string]func(n node, of []value) (value, error) {
	return map[string]func(node, []value) (value, error){
		"IF": choose, "FILL": fill,
		"SUM": overArray(func(a, b float64) float64 { return a + b }),
		"MAX": overArray(math.Max), "MIN": overArray(math.Min),
	}
}

// choose is IF(condition, then, otherwise). A point of the condition that is missing is
// dropped; one that is true where then has none is 0; one that is false where otherwise
// has none, or is left out, is dropped.
func choose(_ node, of []value) (value, error) {
	if len(of) < 2 || len(of) > 3 {
		return value{}, fmt.Errorf("takes 2 or 3 arguments, got %d", len(of))
	}
	for _, v := range of {
		if len(v.series) != 1 {
			return value{}, fmt.Errorf("takes no array")
		}
	}
	out := make([]float64, len(of[0].series[0]))
	for i := range out {
		condition := of[0].at(i)
		switch {
		case math.IsNaN(condition) || condition == 0 && len(of) == 2:
			out[i] = math.NaN()
		case condition == 0:
			out[i] = of[2].at(i)
		default:
			out[i] = orZero(of[1].at(i))
		}
	}
	return value{series: [][]float64{out}}, nil
}

// fill is FILL(series, scalar or series or REPEAT). In an alarm it fills the newest
// point, too, which is not there yet (the page's note): Lag shows that.
func fill(n node, of []value) (value, error) {
	if len(of) != 2 || len(of[0].series) != 1 {
		return value{}, fmt.Errorf("takes a series and what to fill it with")
	}
	repeat := n.of[1].text == "REPEAT"
	if !repeat && len(of[1].series) != 1 {
		return value{}, fmt.Errorf("fills with a number, a series or REPEAT")
	}
	out := make([]float64, len(of[0].series[0]))
	last := math.NaN()
	for i := range out {
		switch out[i] = of[0].at(i); {
		case !math.IsNaN(out[i]):
			last = out[i]
		case repeat:
			out[i] = last
		default:
			out[i] = of[1].at(i)
		}
	}
	return value{series: [][]float64{out}}, nil
}

// overArray joins the series of an array point by point. Over a single series these
// functions give a scalar over the whole range, which the page advises against in an
// alarm: not supported.
func overArray(join func(a, b float64) float64) func(node, []value) (value, error) {
	return func(_ node, of []value) (value, error) {
		if len(of) != 1 || !of[0].array || len(of[0].series) == 0 {
			return value{}, fmt.Errorf("takes an array, such as [a, b]")
		}
		out := make([]float64, len(of[0].series[0]))
		for i := range out {
			out[i] = math.NaN()
			for _, series := range of[0].series {
				switch {
				case math.IsNaN(out[i]):
					out[i] = series[i]
				case !math.IsNaN(series[i]):
					out[i] = join(out[i], series[i])
				}
			}
		}
		return value{series: [][]float64{out}}, nil
	}
}
