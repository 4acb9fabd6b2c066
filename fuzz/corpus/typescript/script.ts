// TypeScript: types are stripped, enums and parameter properties work.
import http from 'k6/http';
import { Options } from 'k6/options';
import { twice, type Pair } from './files/typed.ts';
export const options: Options = { iterations: 1 };
enum Colour { Red = 1, Green, Named = 'n' as any }
interface Point { x: number; y?: string }
class Holder<T extends object> { constructor(private value: T, public readonly name: string = 'holder') {} get(): T { return this.value; } }
export default function (): void {
  const p: Point = { x: 1 } as Point;
  const pair: Pair<number> = [1, 2];
  const h = new Holder<Point>(p);
  console.log(Colour.Green, Colour[1], h.get().x!, h.name, twice(pair[1]), typeof (http as any).get, (<any>p).y ?? 'none');
}
