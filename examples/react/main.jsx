import { load } from "crease-match";
import { CreaseMatch } from "crease-match/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

function App({ match }) {
  const [view, setView] = useState("card");
  const [news, setNews] = useState("Waiting for the score…");
  return (
    <>
      <label>
        View{" "}
        <select value={view} onChange={(event) => setView(event.target.value)}>
          <option>compact</option>
          <option>card</option>
          <option>full</option>
        </select>
      </label>
      <CreaseMatch match={match} view={view} onReady={() => setNews("Live")} onWicket={(event) => setNews(event.detail.text)} />
      <p role="status">{news}</p>
    </>
  );
}

const place = document.getElementById("app");
load(place.dataset);
createRoot(place).render(<App match={place.dataset.match} />);
