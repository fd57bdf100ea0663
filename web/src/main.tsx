import { render } from "preact";
import "./style.css";
import { effect } from "@preact/signals";
import * as app from "./app";
import * as keyboard from "./keyboard";
import { App, theMap } from "./panels/App";
import { useSymbols } from "./map/symbols";
import * as people from "./people";
import * as player from "./player";
import * as sound from "./sound";

app.start();
player.start();
people.start();
sound.start();
keyboard.start(theMap);
effect(() => void useSymbols(app.view.value.symbols));
const root = document.getElementById("app");
if (root) render(<App />, root);
