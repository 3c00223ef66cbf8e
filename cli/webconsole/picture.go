package webconsole

// picture is the pipeline as drawn: for a wide page from left to right, for a narrow one
// from top to bottom. What its texts show is told by name, as in the page's own texts.
type picture struct {
	Class         string
	Width, Height int
	Nodes         []node
	Flows         []flow
}

// node is a part of the pipeline. Big and Small name what it shows; Of says what Big is.
type node struct {
	X, Y, W, H int
	Title, Of  string
	Big, Small string
	Class      string
}

// flow is a way that events take. Rate names how many do; Text is where it is written,
// and Note what is.
type flow struct {
	Path, Rate   string
	TextX, TextY int
	Anchor       string
	Note, Class  string
}

const (
	nodeAPI       = "api"
	nodeIngest    = "ingest"
	nodeQueue     = "queue"
	nodeProcessor = "processor"
	nodeDatabase  = "database"
	nodeTopic     = "topic"
	nodeDLQ       = "dlq"
)

// place is where a picture has a node.
type place struct{ x, y int }

func nodes(w, h int, places map[string]place) []node {
	all := []struct {
		id   string
		node node
	}{
		{nodeAPI, node{Title: "API", Of: "requests", Big: "requests", Small: "reads"}},
		{nodeIngest, node{Title: "ingest", Of: "p50", Big: "ingest_ms", Small: "refused"}},
		{nodeQueue, node{Title: "queue", Of: "messages", Big: "queue", Small: "queue_age"}},
		{nodeProcessor, node{Title: "processor", Of: "p50", Big: "process_ms", Small: "retried"}},
		{nodeDatabase, node{Title: "PostgreSQL", Of: "p50", Big: "database_ms", Small: "stored_note"}},
		{nodeTopic, node{Title: "topic", Of: "announced", Big: "notified", Small: "whole_ms"}},
		{nodeDLQ, node{Title: "DLQ", Of: "messages", Big: "dlq", Small: "dlq_note", Class: "dlq"}},
	}
	out := make([]node, len(all))
	for i, n := range all {
		n.node.X, n.node.Y, n.node.W, n.node.H = places[n.id].x, places[n.id].y, w, h
		out[i] = n.node
	}
	return out
}

func widePicture() picture {
	return picture{
		Class: "wide", Width: 940, Height: 236,
		Nodes: nodes(132, 88, map[string]place{
			nodeAPI: {4, 8}, nodeIngest: {204, 8}, nodeQueue: {404, 8}, nodeProcessor: {604, 8}, nodeDatabase: {804, 8},
			nodeDLQ: {604, 140}, nodeTopic: {804, 140},
		}),
		Flows: []flow{
			{Path: "M136 52H204", Rate: "requests", TextX: 170, TextY: 42, Anchor: "middle"},
			{Path: "M336 52H404", Rate: "accepted", TextX: 370, TextY: 42, Anchor: "middle"},
			{Path: "M536 52H604", Rate: "taken", TextX: 570, TextY: 42, Anchor: "middle"},
			{Path: "M736 52H804", Rate: "stored", TextX: 770, TextY: 42, Anchor: "middle"},
			{Path: "M736 82C790 96 752 170 804 184", Rate: "notified", TextX: 782, TextY: 132, Anchor: "start"},
			{Path: "M670 96V140", Rate: "dlq", TextX: 662, TextY: 124, Anchor: "end", Class: "bad"},
			{Path: "M604 184C520 184 470 160 470 96", Rate: "redriven", TextX: 496, TextY: 196, Anchor: "middle", Note: "sent back by you", Class: "back"},
		},
	}
}

func tallPicture() picture {
	return picture{
		Class: "tall", Width: 328, Height: 620,
		Nodes: nodes(136, 84, map[string]place{
			nodeAPI: {4, 4}, nodeIngest: {4, 136}, nodeQueue: {4, 268}, nodeProcessor: {4, 400}, nodeDatabase: {4, 532},
			nodeDLQ: {188, 400}, nodeTopic: {188, 532},
		}),
		Flows: []flow{
			{Path: "M75 88V136", Rate: "requests", TextX: 84, TextY: 117, Anchor: "start"},
			{Path: "M75 220V268", Rate: "accepted", TextX: 84, TextY: 249, Anchor: "start"},
			{Path: "M75 352V400", Rate: "taken", TextX: 84, TextY: 381, Anchor: "start"},
			{Path: "M75 484V532", Rate: "stored", TextX: 66, TextY: 513, Anchor: "end"},
			{Path: "M115 484C125 520 232 484 256 532", Rate: "notified", TextX: 230, TextY: 502, Anchor: "start"},
			{Path: "M140 442H188", Rate: "dlq", TextX: 164, TextY: 432, Anchor: "middle", Class: "bad"},
			{Path: "M256 400C256 340 222 310 140 310", Rate: "redriven", TextX: 236, TextY: 322, Anchor: "start", Note: "sent back", Class: "back"},
		},
	}
}
